"""What a system states is what the ledger says: stored, corrected, voided, or kept as a person left it."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.recording import open_writer, recording, stored_records
from tests.usage_records import record_of
from usage_service.database.database import Database
from usage_service.errors import InvalidValue, NotStored, StoreUnavailable
from usage_service.ledger.adjustments import Adjustments
from usage_service.ledger.commit_queue import CommitQueue
from usage_service.ledger.model import Change, Outcome, Period, Reason, RecordFilter, Statement, Upserted
from usage_service.ledger.periods import Periods
from usage_service.ledger.records import Records
from usage_service.ledger.upsert import Author, Upserts, any_difference
from usage_service.record import UsageRecord
from usage_service.record_ids import new_record_ids

ANNA = Reason(actor="anna", code="COMPLAINT", text="the customer was right")
AUTHOR = Author(
    actor="system",
    corrected="LATE",
    voided=Reason(actor="system", code="GONE", text="it turned out not to be"),
    difference=any_difference("better data"),
)


def issue_id() -> str:
    return new_record_ids(1)[0]


@pytest.fixture
def queue(database: Database) -> Iterator[CommitQueue]:
    with recording(open_writer(database)) as queue:
        yield queue


@pytest.fixture
def adjustments(database: Database) -> Adjustments:
    return Adjustments(database, host="test", issue_id=issue_id)


@pytest.fixture
def upserts(database: Database, queue: CommitQueue, adjustments: Adjustments) -> Upserts:
    return Upserts(database, queue.record_many, adjustments, AUTHOR)


def usage(code: int = 0, key: str = "usage:1") -> Statement:
    return Statement.of(record_of(code=code, once_key=key))


GONE = Statement(record=None, service=record_of().service, key="usage:1")


def said(upserts: Upserts, *statements: Statement) -> list[Change]:
    return [outcome.change for outcome in upserts.apply(statements)]


def codes(database: Database) -> list[int]:
    """What counts now."""
    return [stored.record.code for stored in Records(database).find(RecordFilter(current=True))]


def test_replay_changes_nothing(upserts: Upserts, database: Database) -> None:
    assert said(upserts, usage()) == [Change.STORED]
    assert said(upserts, usage()) == [Change.UNCHANGED]
    assert len(stored_records(database)) == 1


def test_changed_content_is_corrected(upserts: Upserts, database: Database) -> None:
    upserts.apply([usage()])
    [outcome] = upserts.apply([usage(1)])
    assert (outcome.change, outcome.version, outcome.record) == (Change.CORRECTED, 2, usage(1).record)
    assert codes(database) == [1]


def test_known_usage_is_corrected_without_attempt(upserts: Upserts, database: Database) -> None:
    upserts.apply([usage()])
    assert said(upserts, replace(usage(1), is_known=True)) == [Change.CORRECTED]
    assert codes(database) == [1]


def test_withdrawn_usage_is_voided_once(upserts: Upserts, database: Database) -> None:
    upserts.apply([usage()])
    assert [said(upserts, GONE) for _ in range(2)] == [[Change.VOIDED], [Change.UNCHANGED]]
    assert codes(database) == []


def test_withdrawing_unknown_usage_does_nothing(upserts: Upserts) -> None:
    assert said(upserts, GONE) == [Change.UNCHANGED]


def test_withdrawn_usage_can_come_back(upserts: Upserts, database: Database) -> None:
    for statement in (usage(), usage(1), GONE):
        upserts.apply([statement])
    outcomes = [upserts.apply([statement])[0] for statement in (usage(2), usage(2), usage(3), GONE, usage(4))]
    assert [outcome.change.value for outcome in outcomes] == ["stored", "unchanged", "corrected", "voided", "stored"]
    assert [outcome.version for outcome in outcomes] == [4, 4, 5, 6, 7]
    assert codes(database) == [4]


def test_record_under_another_key_is_corrected(upserts: Upserts, database: Database) -> None:
    [first] = upserts.apply([usage()])
    other = Statement.of(record_of(code=5, once_key="usage:2"), record_id=first.record_id)
    assert said(upserts, other, other) == [Change.CORRECTED, Change.UNCHANGED]
    assert codes(database) == [5]


@pytest.mark.parametrize("later", [usage(1), replace(usage(1), is_known=True), GONE], ids=["new", "known", "gone"])
def test_persons_correction_stays(
    upserts: Upserts, adjustments: Adjustments, database: Database, later: Statement
) -> None:
    [first] = upserts.apply([usage()])
    adjustments.correct(first.record_id or "", record_of(code=42), ANNA)
    [outcome] = upserts.apply([later])
    assert (outcome.change, outcome.why) == (Change.KEPT, "anna changed it")
    assert codes(database) == [42]


def test_persons_void_stays(upserts: Upserts, adjustments: Adjustments, database: Database) -> None:
    [first] = upserts.apply([usage()])
    adjustments.void(first.record_id or "", ANNA)
    assert said(upserts, usage(), usage(1)) == [Change.KEPT, Change.KEPT]
    assert said(upserts, GONE) == [Change.UNCHANGED]
    assert codes(database) == []


def test_correction_in_closed_period_is_rejected(upserts: Upserts, database: Database) -> None:
    upserts.apply([usage(), usage(key="usage:2")])
    moment = record_of().record_time
    month = Period(starts_at=moment - timedelta(days=1), ends_at=moment + timedelta(days=1))
    Periods(database, issue_id=issue_id).close(month, actor="anna", reason="month end")
    corrected, voided, late = upserts.apply([usage(1), replace(GONE, key="usage:2"), usage(2, "usage:3")])
    assert {corrected.change, voided.change} == {Change.REJECTED}
    assert corrected.why.endswith("is closed")
    assert late.change is Change.STORED
    assert codes(database) == [0, 0, 2]


def test_one_rejected_stops_no_neighbour(database: Database, queue: CommitQueue, adjustments: Adjustments) -> None:
    def record_many(records: Sequence[UsageRecord]) -> list[Outcome]:
        outcomes = queue.record_many([record for record in records if record.code != 13])
        return [outcomes.pop(0) if record.code != 13 else InvalidValue("code", "unlucky") for record in records]

    upserts = Upserts(database, record_many, adjustments, AUTHOR)
    outcomes = upserts.apply([usage(1), usage(13, "usage:2"), usage(3, "usage:3")])
    assert [outcome.change for outcome in outcomes] == [Change.STORED, Change.REJECTED, Change.STORED]
    assert "unlucky" in outcomes[1].why


def test_passing_failure_to_store_is_tried_again(
    database: Database, queue: CommitQueue, adjustments: Adjustments
) -> None:
    failures = [NotStored("its key is just being forgotten")]

    def record_many(records: Sequence[UsageRecord]) -> Sequence[Outcome]:
        return [failures.pop()] if failures else queue.record_many(records)

    assert said(Upserts(database, record_many, adjustments, AUTHOR), usage()) == [Change.STORED]


def test_lasting_failure_to_store_is_rejected(database: Database, adjustments: Adjustments) -> None:
    upserts = Upserts(database, lambda records: [NotStored("refused") for _ in records], adjustments, AUTHOR)
    [outcome] = upserts.apply([usage()])
    assert (outcome.change, outcome.why) == (Change.REJECTED, "refused")


def test_death_between_steps_is_healed(upserts: Upserts, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise StoreUnavailable("dead")

    upserts.apply([usage(key="usage:1")])
    statements = [usage(1, "usage:1"), usage(2, "usage:2")]
    with monkeypatch.context() as broken:
        broken.setattr(Adjustments, "adjust", die)
        with pytest.raises(StoreUnavailable):
            upserts.apply(statements)
    assert said(upserts, *statements) == [Change.CORRECTED, Change.UNCHANGED]
    assert sorted(codes(database)) == [1, 2]


def test_two_at_once_leave_one_version(upserts: Upserts, database: Database) -> None:
    statements = [usage(code, f"usage:{number}") for number in range(20) for code in (0, 1)]
    upserts.apply(statements[::2])
    results: list[list[Upserted]] = []
    threads = [threading.Thread(target=lambda: results.append(upserts.apply(statements[1::2]))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    changes = [outcome.change for result in results for outcome in result]
    assert (changes.count(Change.CORRECTED), changes.count(Change.UNCHANGED)) == (20, 20)
    assert codes(database) == [1] * 20


def test_many_statements_go_in_groups(upserts: Upserts, database: Database) -> None:
    numbers = range(1_200)
    assert set(said(upserts, *(usage(0, f"usage:{number}") for number in numbers))) == {Change.STORED}
    assert set(said(upserts, *(usage(1, f"usage:{number}") for number in numbers))) == {Change.CORRECTED}
    assert len(Records(database).find(RecordFilter(current=True, code=1), limit=2_000)) == 1_200
