from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.systems.genesys.test_interaction import LATER, NOON, ended, event
from usage_service.errors import StoreUnavailable
from usage_service.ledger.adjustments import Adjustments
from usage_service.ledger.model import Period, Reason, RecordFilter, Statement, Upserted
from usage_service.ledger.periods import Periods
from usage_service.ledger.records import Records
from usage_service.ledger.rejects import Rejects
from usage_service.ledger.upsert import Upserts
from usage_service.record_ids import new_record_ids
from usage_service.systems.genesys.event import CallEvent, Link
from usage_service.systems.genesys.link import Policy
from usage_service.systems.genesys.settling import AUTHOR, Settler

from .support import Parts, digests, expected_records, recorded

ONE = (event("Tserver1", "A", 1, Link("L", "source", "SIPServer1@s")), ended("Tserver1", "A", 9))
OTHER = (event("SIPServer1", "B", 1, Link("L", "target", "Tserver1@s")), ended("SIPServer1", "B", 9))


def once(parts: Parts) -> Adjustments:
    return Adjustments(parts.database, host="usage-1", issue_id=lambda: new_record_ids(1)[0])


def says(parts: Parts, *events: CallEvent) -> bool:
    """Whether what counts now is what these events amount to."""
    return digests(parts.current()) == expected_records(events, LATER, Policy())


def test_final_interaction_recorded_once_with_calls(parts: Parts) -> None:
    parts.take(*ONE, *OTHER)
    assert parts.settler.settle().recorded == 3
    parts.take(*OTHER, *ONE)
    assert parts.settler.settle().interactions == 0
    assert says(parts, *ONE, *OTHER)
    assert recorded(parts.database) == 3


def test_an_open_interaction_is_not_recorded(parts: Parts) -> None:
    parts.take(*ONE, OTHER[0])
    settled = parts.settler.settle(LATER)
    assert (settled.interactions, settled.final, settled.recorded) == (1, 0, 0)


def test_one_sided_link_waits_until_timeout(parts: Parts) -> None:
    parts.take(*ONE)
    waiting = NOON + timedelta(seconds=1, minutes=15, microseconds=-1)
    assert [parts.settler.settle(moment).final for moment in (NOON, waiting)] == [0, 0]
    assert parts.settler.settle(waiting + timedelta(microseconds=1)).recorded == 2


def test_applied_timeout_survives_later_changes(parts: Parts) -> None:
    parts.take(*ONE)
    parts.settler.settle(LATER)
    parts.take(replace(ONE[0], conn_id="006c029a6685d004"))
    settled = parts.settler.settle()
    assert (settled.final, settled.corrected) == (1, 1)


def test_late_other_side_corrects_records(parts: Parts) -> None:
    parts.take(*OTHER)
    parts.settler.settle(LATER)
    assert says(parts, *OTHER)
    parts.take(*ONE)
    settled = parts.settler.settle()
    assert (settled.recorded, settled.corrected, settled.voided) == (2, 1, 1)
    assert says(parts, *ONE, *OTHER)


def test_late_merge_corrects_existing_records(parts: Parts) -> None:
    parts.take(ended("X", "A", 3), event("X", "B", 1), ended("X", "B", 2))
    parts.settler.settle()
    parts.take(ended("X", "B", 2, into="A"))
    settled = parts.settler.settle()
    assert (settled.corrected, settled.voided) == (2, 1)
    assert says(parts, ended("X", "A", 3), event("X", "B", 1), ended("X", "B", 2, into="A"))


def test_late_server_name_duplicates_no_record(parts: Parts) -> None:
    parts.take(replace(ended("X", "A", 3), server=""))
    parts.settler.settle()
    parts.take(ended("X", "A", 3))
    assert parts.settler.settle().voided == 1
    assert says(parts, ended("X", "A", 3))


def test_servers_sharing_uuid_keep_records_separate(parts: Parts) -> None:
    parts.take(ended("X", "A", 3))
    parts.settler.settle()
    parts.take(ended("Y", "A", 4))
    parts.settler.settle()
    assert [(record.service, record.source, record.global_transaction_id) for record in parts.current()] == [
        ("GENESYS_INTERACTION", "genesys:X", "A@X"),
        ("GENESYS_INTERACTION", "genesys:Y", "A@Y"),
        ("GENESYS_CALL", "genesys:Y", "A@Y"),
        ("GENESYS_CALL", "genesys:X", "A@X"),
    ]


def test_record_voided_by_operator_stays_void(parts: Parts) -> None:
    parts.take(ended("X", "A", 3))
    parts.settler.settle()
    for stored in Records(parts.database).find(RecordFilter()):
        once(parts).void(stored.record_id, Reason(actor="alice", code="TEST_CALL", text="a test call"))
    parts.take(replace(ended("X", "A", 3), conn_id="1"))
    parts.settler.settle()
    assert parts.current() == []


def test_correction_in_closed_period_becomes_reject(parts: Parts) -> None:
    parts.take(ended("X", "A", 3))
    parts.settler.settle()
    day = Period(starts_at=NOON - timedelta(days=1), ends_at=NOON + timedelta(days=1))
    Periods(parts.database, issue_id=lambda: new_record_ids(1)[0]).close(day, actor="alice", reason="month end")
    parts.take(replace(ended("X", "A", 3), conn_id="1"))
    settled = parts.settler.settle()
    [kept] = Rejects(parts.database, issue_ids=new_record_ids).find(source="genesys")
    assert settled.rejected == 1
    assert kept.reject.reason.startswith("GENESYS_CALL of A, call A: the period 2026-02-28")
    assert parts.settler.settle().interactions == 0


class Dying(Upserts):
    """A ledger whose process dies when the records are written and nothing else is."""

    def apply(self, statements: Sequence[Statement]) -> list[Upserted]:
        super().apply(statements)
        raise StoreUnavailable("dead")


def dying_settler(parts: Parts) -> Settler:
    rejects = Rejects(parts.database, issue_ids=new_record_ids)
    ledger = Dying(parts.database, parts.recorder.record_many, once(parts), AUTHOR)
    return Settler(parts.database, ledger, rejects, Policy())


def test_crash_after_recording_duplicates_no_record(parts: Parts) -> None:
    parts.take(*ONE, *OTHER)
    with pytest.raises(StoreUnavailable):
        dying_settler(parts).settle()
    assert recorded(parts.database) == 3
    assert parts.settler.settle().recorded == 0
    assert recorded(parts.database) == 3


def test_crashed_settling_records_survive_key_change(parts: Parts) -> None:
    parts.take(replace(ended("X", "A", 3), server=""))
    with pytest.raises(StoreUnavailable):
        dying_settler(parts).settle()
    parts.take(ended("X", "A", 3))
    parts.settler.settle()
    assert says(parts, ended("X", "A", 3))


def test_calls_beyond_one_round_are_settled(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("usage_service.systems.genesys.settling.ROUND", 7)
    parts.take(*(ended("X", f"call {number}", 3) for number in range(30)))
    assert parts.settler.settle().recorded == 60


def test_oversized_interaction_is_kept_as_reject(parts: Parts) -> None:
    link = [Link(f"L{number}", "source", "SIPServer1@s") for number in range(1001)]
    parts.take(event("Tserver1", "A", 1, *link), ended("Tserver1", "A", 9))
    assert parts.settler.settle(datetime.now(UTC)).rejected == 1
    [kept] = Rejects(parts.database, issue_ids=new_record_ids).find(source="genesys")
    assert "at most 1000 are allowed" in kept.reject.reason
