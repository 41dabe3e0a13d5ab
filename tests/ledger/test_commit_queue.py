"""The commit queue: no request is answered before the commit, those who wait together share one, and each has its own
outcome."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from tests.recording import HeldWriter, no_remarks, open_writer, recording, started, stored_records
from tests.usage_records import record_of
from usage_service.database.database import Database, open_database
from usage_service.database.schema import upgrade_schema
from usage_service.errors import Busy, InvalidValue, NotStored
from usage_service.ledger.commit_queue import CommitQueue, ThreadWriter


@pytest.fixture
def database(sqlite_url):
    database = open_database(sqlite_url)
    upgrade_schema(database)
    yield database
    database.close()


@pytest.fixture
def held(database: Database) -> HeldWriter:
    return HeldWriter(open_writer(database))


def numbered(count: int, start: int = 0):
    return [record_of(global_transaction_id=str(number)) for number in range(start, start + count)]


def transactions(database: Database) -> list[str]:
    return [stored.record.global_transaction_id for stored in stored_records(database)]


def test_record_is_readable_once_receipt_exists(database):
    with recording(open_writer(database)) as recorder:
        receipt = recorder.record(record_of())
        assert [stored.record_id for stored in stored_records(database)] == [receipt.record_id]


def test_nobody_is_answered_before_the_commit(held):
    answered = threading.Event()
    with recording(held) as recorder:
        recorder.submit_many([record_of()], lambda _outcomes: answered.set())
        held.waiting.wait(10)
        assert not answered.is_set()
        held.release()
        assert answered.wait(10)


def submitted_together(held: HeldWriter, recorder: CommitQueue, count: int) -> list[list]:
    """One record that is being written while `count` others come in; the outcomes of all."""
    settled: list[list] = []
    first, *others = numbered(count + 1)
    recorder.submit_many([first], settled.append)
    held.waiting.wait(10)
    for record in others:
        recorder.submit_many([record], settled.append)
    held.release()
    recorder.close()
    return settled


def test_records_waiting_together_share_one_group(held, database):
    with recording(held) as recorder:
        settled = submitted_together(held, recorder, 20)
    assert held.groups == [1, 20]
    assert [len(outcomes) for outcomes in settled] == [1] * 21
    assert transactions(database) == [str(number) for number in range(21)]


def test_group_size_respects_its_limit(held):
    with recording(held, group_limit=8) as recorder:
        submitted_together(held, recorder, 20)
    assert held.groups == [1, 8, 8, 4]


def test_each_thread_gets_its_own_receipt(database):
    with recording(open_writer(database)) as recorder, ThreadPoolExecutor(16) as threads:
        receipts = list(threads.map(recorder.record, numbered(200)))
    by_id = {stored.record_id: stored.record.global_transaction_id for stored in stored_records(database)}
    assert [by_id[receipt.record_id] for receipt in receipts] == [str(number) for number in range(200)]


def test_outcomes_follow_order_of_records(database):
    with recording(open_writer(database)) as recorder:
        outcomes = recorder.record_many(numbered(50))
    assert [stored.record_id for stored in stored_records(database)] == [outcome.record_id for outcome in outcomes]


def test_no_records_need_no_group(held):
    with recording(held) as recorder:
        assert recorder.record_many([]) == []
    assert held.groups == []


def test_overload_is_reported_busy_at_once(held, database):
    with recording(held, queue_limit=3) as recorder:
        recorder.submit_many(numbered(1), lambda _outcomes: None)
        held.waiting.wait(10)
        for record in numbered(3, start=1):
            recorder.submit_many([record], lambda _outcomes: None)
        with pytest.raises(Busy, match="too many requests"):
            recorder.record(record_of(global_transaction_id="refused"))
    assert transactions(database) == ["0", "1", "2", "3"]


def test_close_stores_queued_and_rejects_new(held, database):
    with recording(held) as recorder:
        settled = submitted_together(held, recorder, 5)
        with pytest.raises(Busy, match="stopping"):
            recorder.record(record_of())
    assert len(settled) == len(transactions(database)) == 6


def test_records_rejected_by_inspection_not_queued(database):
    def refuse(_record):
        raise InvalidValue("service", "is not wanted")

    recorder = started(open_writer(database), inspect=refuse)
    with pytest.raises(InvalidValue):
        recorder.record(record_of())
    recorder.close()
    assert stored_records(database) == []


def test_inspection_warnings_follow_edge_warnings(database):
    recorder = started(open_writer(database), inspect=lambda _record: ("unknown_service",))
    recorder.record(record_of(remarks=("repaired",)))
    recorder.close()
    (stored,) = stored_records(database)
    assert stored.record.remarks == ("repaired", "unknown_service")


@pytest.mark.parametrize(
    ("moment", "remarks"),
    [
        (datetime(2000, 1, 1, tzinfo=UTC), ()),
        (datetime(1999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC), ("unlikely_time",)),
        (datetime.now(UTC) + timedelta(hours=23), ()),
        (datetime.now(UTC) + timedelta(hours=25), ("unlikely_time",)),
    ],
    ids=["2000", "1999", "tomorrow", "after tomorrow"],
)
def test_unlikely_time_is_stored_and_marked(database, moment, remarks):
    with recording(open_writer(database)) as recorder:
        recorder.record(record_of(record_time=moment))
    (stored,) = stored_records(database)
    assert stored.record.remarks == remarks


class _FailingOnce:
    """A writer with a defect that shows once."""

    def __init__(self, writer) -> None:
        self._writer = writer
        self._failed = False
        self.close = writer.close

    def write(self, records):
        if not self._failed:
            self._failed = True
            raise ZeroDivisionError
        return self._writer.write(records)


def test_writer_defect_does_not_stop_recorder(database):
    recorder = started(_FailingOnce(open_writer(database)))
    with pytest.raises(NotStored, match="internal error"):
        recorder.record(record_of())
    assert recorder.record(record_of()).record_id
    recorder.close()


def test_failing_callback_does_not_stop_recorder(database):
    def vanished(_outcomes):
        raise RuntimeError("event loop is closed")

    with recording(open_writer(database)) as recorder:
        recorder.submit_many([record_of()], vanished)
        recorder.record(record_of())
    assert len(stored_records(database)) == 2


@asynccontextmanager
async def opened(writer, **options):
    """A commit queue on the running loop, as a worker has it on SQLite."""
    queue = CommitQueue(ThreadWriter(writer), inspect=no_remarks, **options)
    async with queue.opened():
        yield queue


async def outcome_of(queue: CommitQueue, record):
    settled = asyncio.get_running_loop().create_future()
    queue.submit(record, settled.set_result)
    return await settled


def test_coroutines_wait_for_the_same_groups(database):
    async def all_at_once():
        async with opened(open_writer(database)) as queue:
            return await asyncio.gather(*(outcome_of(queue, record) for record in numbered(200)))

    receipts = asyncio.run(all_at_once())
    by_id = {stored.record_id: stored.record.global_transaction_id for stored in stored_records(database)}
    assert [by_id[receipt.record_id] for receipt in receipts] == [str(number) for number in range(200)]


def test_cancelled_caller_does_not_affect_others(held, database):
    async def one_gives_up():
        async with opened(held) as queue:
            waiting = [asyncio.ensure_future(outcome_of(queue, record)) for record in numbered(3)]
            await asyncio.sleep(0)
            waiting[1].cancel()
            held.release()
            return await asyncio.gather(*waiting, return_exceptions=True)

    first, gone, last = asyncio.run(one_gives_up())
    assert isinstance(gone, asyncio.CancelledError)
    assert first.record_id
    assert last.record_id
    assert transactions(database) == ["0", "1", "2"]


def test_threads_and_coroutines_share_group_limit(held, database):
    async def all_of_them():
        async with opened(held, queue_limit=3) as queue:
            first = asyncio.ensure_future(outcome_of(queue, numbered(1)[0]))
            await asyncio.to_thread(held.waiting.wait, 10)
            soon = asyncio.ensure_future(outcome_of(queue, numbered(1, start=1)[0]))
            batch = asyncio.ensure_future(queue.record_many_soon(numbered(2, start=2)))
            await asyncio.sleep(0)
            thread = asyncio.ensure_future(asyncio.to_thread(queue.record, numbered(1, start=4)[0]))
            while queue.waiting < 3:
                await asyncio.sleep(0)
            with pytest.raises(Busy, match="too many requests"):
                queue.submit(numbered(1)[0], print)
            with pytest.raises(Busy, match="too many requests"):
                await asyncio.to_thread(queue.record, numbered(1)[0])
            held.release()
            await asyncio.gather(first, soon, batch, thread)

    asyncio.run(all_of_them())
    assert held.groups == [1, 4]
    assert transactions(database) == ["0", "1", "2", "3", "4"]
