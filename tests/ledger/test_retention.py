"""Retention deletes what is old and finished with, in bounded transactions, and nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice

import pytest

from tests.recording import open_writer, recording, stored_records
from tests.usage_records import record_of
from usage_service.database.database import Database
from usage_service.ledger.adjustments import Adjustments
from usage_service.ledger.commit_queue import CommitQueue
from usage_service.ledger.completeness import SourceSequences
from usage_service.ledger.model import Period, Reason, Receipt, Reject, Replay
from usage_service.ledger.periods import Periods
from usage_service.ledger.records import insert_records
from usage_service.ledger.rejects import Rejects
from usage_service.ledger.retention import Retention
from usage_service.ledger.upsert import versions_of_keys
from usage_service.record import SequenceNumber, UsageRecord
from usage_service.record_ids import latest_possible_id, new_record_ids

OLD, LIMIT = datetime(2001, 5, 1, tzinfo=UTC), datetime(2002, 1, 1, tzinfo=UTC)
SOON = timedelta(days=1)
WHY = Reason(actor="auditor", code="TEST", text="to see what happens")
numbers = count(1)


def kept(database: Database, received_at: datetime = OLD, record: UsageRecord | None = None) -> str:
    """A record that came at that time; its id."""
    record_id = f"{latest_possible_id(received_at)[:18]}-8000-{next(numbers):012x}"
    record = record or record_of(("NAME", "value"), record_time=OLD)
    with database.transaction() as connection:
        insert_records(connection, {record_id: record}, "host", received_at)
    return record_id


def close(database: Database, service: str = "") -> Periods:
    """Close the years until the limit, as the clock is now."""
    periods = Periods(database, issue_id=lambda: new_record_ids(1)[0])
    periods.close(Period(starts_at=OLD - SOON, ends_at=LIMIT + SOON, service=service), actor="auditor", reason="billed")
    return periods


def adjustments(database: Database) -> Adjustments:
    return Adjustments(database, host="host", issue_id=lambda: new_record_ids(1)[0])


def totals(steps) -> tuple[int, int]:
    """How many rows were removed and how many kept back."""
    found = list(steps)
    return sum(step.removed for step in found), sum(step.kept_back for step in found)


def ids(database: Database) -> list[str]:
    return [stored.record_id for stored in stored_records(database)]


def rows(database: Database, table: str) -> int:
    with database.connect() as connection:
        number: int = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
    return number


@pytest.fixture
def recorder(database: Database) -> Iterator[CommitQueue]:
    with recording(open_writer(database)) as recorder:
        yield recorder


def test_old_records_removed_with_their_properties(database: Database) -> None:
    young = [kept(database, LIMIT), kept(database, OLD, record_of(record_time=LIMIT)), kept(database, LIMIT + SOON)]
    for _ in range(3):
        kept(database)
    close(database)

    assert totals(Retention(database=database).records(LIMIT)) == (3, 2)
    assert sorted(ids(database)) == sorted(young)
    assert rows(database, "usage_property") == 2


def test_records_outside_closed_periods_are_retained(database: Database) -> None:
    other = kept(database, OLD, record_of(service="OTHER", record_time=OLD))
    kept(database)
    close(database, "PX21_CN_IMS")
    late = kept(database, datetime.now(UTC) + SOON)
    until = datetime.now(UTC) + 2 * SOON

    assert totals(Retention(database=database).records(until)) == (1, 2)
    assert ids(database) == [other, late]
    assert totals(Retention(database=database).records(until, open_periods=True)) == (2, 0)
    assert ids(database) == []


def test_history_removed_whole_or_not(database: Database) -> None:
    first, alone = kept(database), kept(database)
    second = adjustments(database).correct(first, record_of(code=1, record_time=OLD), WHY).replacement_id
    assert second
    third = adjustments(database).correct(second, record_of(code=2, record_time=OLD), WHY).replacement_id
    adjustments(database).void(alone, WHY)
    close(database)

    assert totals(Retention(database=database).records(LIMIT)) == (0, 2)
    assert ids(database) == [first, alone, second, third]
    assert totals(Retention(database=database, rows=1).records(datetime.now(UTC) + SOON)) == (4, 0)
    assert (ids(database), rows(database, "usage_adjustment")) == ([], 0)


def test_dry_run_reports_without_removing(database: Database, recorder: CommitQueue) -> None:
    for _ in range(3):
        kept(database)
    recorder.record(record_of(once_key="key:1"))
    Rejects(database, issue_ids=new_record_ids).keep([Reject(source="s", message_id="m", reason="r", body=b"")])
    close(database)
    until = datetime.now(UTC) + SOON

    def run(retention: Retention) -> list[tuple[int, int]]:
        return [
            totals(retention.records(until)),
            totals(retention.keys(until)),
            totals(retention.rejects(until, replayed=False)),
        ]

    said = run(Retention(database=database, dry=True))
    assert said == [(3, 1), (1, 0), (1, 0)]
    assert (len(ids(database)), rows(database, "once_key"), rows(database, "usage_reject")) == (4, 1, 1)
    assert run(Retention(database=database)) == said


def test_interrupted_run_is_finished_by_next(database: Database) -> None:
    for _ in range(5):
        kept(database)
    retention = Retention(database=database, rows=2)
    assert [step.removed for step in islice(retention.records(LIMIT, open_periods=True), 1)] == [2]
    assert len(ids(database)) == 3
    assert [step.removed for step in retention.records(LIMIT, open_periods=True)] == [2, 1]


def test_the_numbers_of_a_source_stay(database: Database, recorder: CommitQueue) -> None:
    recorder.record(record_of(source="probe", sequence=SequenceNumber("boot", 1)))
    assert totals(Retention(database=database).records(datetime.now(UTC) + SOON, open_periods=True)) == (1, 0)
    (found,) = SourceSequences(database).completeness("probe")
    assert (found.seen, found.missing) == (1, 0)


def test_caller_key_expires_own_stays(database: Database, recorder: CommitQueue) -> None:
    mine, own = record_of(once_key="key:1"), record_of(code=1, once_key="pgi:line:1")
    recorder.record_many([mine, own])
    retention, until = Retention(database=database, rows=1), datetime.now(UTC) + SOON

    assert totals(retention.keys(until - 2 * SOON)) == (0, 0)
    assert totals(retention.keys(until)) == (1, 1)
    assert [recorder.record(record).replayed for record in (mine, own)] == [False, True]
    assert totals(retention.records(until, open_periods=True)) == (3, 0)
    with database.connect() as connection:
        versions = versions_of_keys(connection, [(own.service, "pgi:line:1")], "billing")
    assert [version.record for version in versions.values()] == [None]
    assert totals(retention.keys(until)) == (2, 0)


def test_retry_of_removed_record_stores_nothing(database: Database, recorder: CommitQueue) -> None:
    first = recorder.record(record_of(once_key="key:1"))
    assert totals(Retention(database=database).records(datetime.now(UTC) + SOON, open_periods=True)) == (1, 0)
    assert recorder.record(record_of(once_key="key:1")) == Receipt(first.record_id, replayed=True)
    assert ids(database) == []


def test_replayed_rejects_have_separate_retention(database: Database) -> None:
    rejects = Rejects(database, issue_ids=new_record_ids)
    done, tried, untouched = rejects.keep([Reject(source="s", message_id="m", reason="r", body=b"")] * 3)
    rejects.note_replay(Replay(reject_id=done, actor="a", record_id=new_record_ids(1)[0]))
    rejects.note_replay(Replay(reject_id=tried, actor="a", record_id=None, reason="again"))
    retention, until = Retention(database=database), datetime.now(UTC) + SOON

    assert totals(retention.rejects(until - 2 * SOON, replayed=True)) == (0, 0)
    assert totals(retention.rejects(until, replayed=True)) == (1, 0)
    assert [reject.reject_id for reject in rejects.every()] == [tried, untouched]
    assert totals(retention.rejects(until, replayed=False)) == (2, 0)
    assert (rows(database, "usage_reject"), rows(database, "usage_reject_replay")) == (0, 0)
