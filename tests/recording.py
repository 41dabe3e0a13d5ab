"""Opening the parts between an edge and the tables, and a writer that a test can hold back."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from usage_service.database.database import Database
from usage_service.ledger.commit_queue import BlockingWriter, CommitQueue, Inspect
from usage_service.ledger.loop_writing import LoopWriter
from usage_service.ledger.model import Outcome, RecordFilter, StoredRecord
from usage_service.ledger.records import Records
from usage_service.ledger.writing import IssueIds, RecordWriter
from usage_service.record import UsageRecord
from usage_service.record_ids import new_record_ids

HOST = "usage-1"
Result = TypeVar("Result")


def no_remarks(_record: UsageRecord) -> tuple[str, ...]:
    """An inspection that finds nothing unusual."""
    return ()


def open_writer(database: Database) -> RecordWriter:
    """A writer as the service has it."""
    return RecordWriter(database, host=HOST, issue_ids=new_record_ids)


class WriterOnALoop:
    """`LoopWriter` on an event loop of its own, for tests that call it like the other writer."""

    def __init__(self, database: Database, issue_ids: IssueIds = new_record_ids) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._writer = self._run(self._opened(database, issue_ids))

    def write(self, records: Sequence[UsageRecord]) -> list[Outcome]:
        return self._run(self._writer.write(records))

    def close(self) -> None:
        self._run(self._closed())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _opened(self, database: Database, issue_ids: IssueIds) -> LoopWriter:
        return LoopWriter(database, host=HOST, issue_ids=issue_ids)

    async def _closed(self) -> None:
        self._writer.close()


def stored_records(database: Database) -> list[StoredRecord]:
    """Everything in the tables, in the order of receipt."""
    return Records(database).find(RecordFilter(), limit=1_000_000)


class HeldWriter:
    """The real writer behind a gate: groups wait while it is held, and their sizes are noted."""

    def __init__(self, writer: RecordWriter) -> None:
        self._writer = writer
        self._gate = threading.Event()
        self.waiting = threading.Event()
        self.groups: list[int] = []
        self.release = self._gate.set

    def write(self, records: Sequence[UsageRecord]) -> list[Outcome]:
        self.groups.append(len(records))
        self.waiting.set()
        self._gate.wait(30)
        return self._writer.write(records)

    def close(self) -> None:
        self._writer.close()


def started(writer: Any, *, inspect: Inspect = no_remarks, **options: Any) -> CommitQueue:
    """A commit queue on a thread of its own; to be closed."""
    queue = CommitQueue(BlockingWriter(writer), inspect=inspect, **options)
    queue.start()
    return queue


@contextmanager
def recording(writer: RecordWriter | HeldWriter, **options: int) -> Iterator[CommitQueue]:
    """A commit queue on a thread of its own, closed afterwards."""
    queue = started(writer, **options)
    try:
        yield queue
    finally:
        if isinstance(writer, HeldWriter):
            writer.release()
        queue.close()
