"""What a person voided or corrected is that person's: later data leaves it alone and is reported."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.systems.pexip.building import leg
from tests.systems.pexip.service.test_work import close_march, die, gone, message
from tests.systems.pexip.service.working import Bench, working
from usage_service.database.database import Database
from usage_service.errors import StoreUnavailable
from usage_service.ledger.adjustments import Adjustments
from usage_service.ledger.model import Reason, RecordFilter, StoredRecord
from usage_service.ledger.records import Records
from usage_service.record import Property
from usage_service.record_ids import new_record_ids
from usage_service.systems.pexip.store import PexipUsages

ANNA = Reason(actor="anna", code="COMPLAINT", text="the customer was right")
MARCH = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))


def adjustments(database: Database) -> Adjustments:
    return Adjustments(database, host="test", issue_id=lambda: new_record_ids(1)[0])


def recorded(bench: Bench) -> StoredRecord:
    bench.post(gone("a"))
    bench.work.catch_up_fully()
    return only(bench)


def only(bench: Bench) -> StoredRecord:
    (stored,) = Records(bench.database).find(RecordFilter(service="PEXIP_PARTICIPANT"))
    return stored


def better_data(bench: Bench, *seconds: int) -> None:
    for number, length in enumerate(seconds, 2):
        bench.post(message("participant_disconnected", leg("a", 0, length), number, length))
        bench.work.catch_up_fully()


def corrected_by_anna(bench: Bench) -> None:
    correct(bench.database, recorded(bench))


def correct(database: Database, stored: StoredRecord) -> None:
    properties = tuple(Property(n, "42" if n == "durationSeconds" else v) for n, v in stored.record.properties)
    adjustments(database).correct(stored.record_id, replace(stored.record, properties=properties), ANNA)


def voided_by_anna(bench: Bench) -> None:
    adjustments(bench.database).void(recorded(bench).record_id, ANNA)


def test_manual_correction_survives_later_platform_data(database: Database) -> None:
    with working(database) as bench:
        corrected_by_anna(bench)
        better_data(bench, 90, 120)
        assert bench.seconds_by_tag() == {"acme": 42}
        (refusal,) = PexipUsages(database).refusals(10)
    assert refusal["refused"] == "anna changed it; now: durationSeconds, endTime"


def test_manually_voided_record_stays_void(database: Database) -> None:
    with working(database) as bench:
        voided_by_anna(bench)
        better_data(bench, 90, 120)
        assert bench.seconds_by_tag() == {}
        assert PexipUsages(database).refused() == 1


def test_manual_correction_survives_crash_before_noting(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with working(database) as bench:
        with monkeypatch.context() as broken:
            broken.setattr(PexipUsages, "note", die)
            with pytest.raises(StoreUnavailable):
                recorded(bench)
        correct(database, only(bench))
        better_data(bench, 90)
        assert bench.seconds_by_tag() == {"acme": 42}


@pytest.mark.parametrize(("change", "seconds"), [(corrected_by_anna, 42), (voided_by_anna, 0)])
def test_quota_counts_manual_changes_at_once(database: Database, change: Callable[[Bench], None], seconds: int) -> None:
    with working(database) as bench:
        change(bench)
        usages = PexipUsages(database)
        assert usages.used("acme", *MARCH) == timedelta(seconds=seconds)


def test_a_closed_period_hides_nobodys_name(database: Database) -> None:
    with working(database) as bench:
        corrected_by_anna(bench)
        close_march(database)
        better_data(bench, 90)
        (refusal,) = PexipUsages(database).refusals(10)
    assert refusal["refused"].startswith("anna changed it")
