"""The recorder: every edge hands its records to it, and nobody is answered before the commit.

Requests that wait at the same time share one transaction (group commit): a single writer thread takes everything
that is queued, writes it together, and settles each request with its own outcome. When nobody else waits, a record
is written at once; nothing ever waits for company.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from typing import NamedTuple, Protocol

from usage_service.errors import Busy, NotStored, UsageServiceError
from usage_service.record import UsageRecord
from usage_service.store.writing import Outcome, Receipt

log = logging.getLogger(__name__)

EARLIEST_LIKELY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_LIKELY_LEAD = timedelta(hours=24)

Settle = Callable[[list[Outcome]], None]
"""Called once, on the writer's thread, with one outcome for each submitted record."""


class Writer(Protocol):
    """What the recorder needs of the store."""

    def write(self, records: Sequence[UsageRecord]) -> list[Outcome]: ...
    def close(self) -> None: ...


class Inspect(Protocol):
    """Looks at a record before it is queued: returns remarks, or raises `CallerError` to refuse it."""

    def __call__(self, record: UsageRecord) -> tuple[str, ...]: ...


class _Submission(NamedTuple):
    records: Sequence[UsageRecord]
    settle: Settle


class Recorder:
    """Takes records from any thread and stores them in groups. Close it to flush and stop."""

    def __init__(self, writer: Writer, *, inspect: Inspect, queue_limit: int = 10_000, group_limit: int = 500) -> None:
        self._writer = writer
        self._inspect = inspect
        self._queue: SimpleQueue[_Submission | None] = SimpleQueue()
        self._queue_limit = queue_limit
        self._group_limit = group_limit
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="record-writer", daemon=True)
        self._thread.start()

    def submit(self, records: Sequence[UsageRecord], settle: Settle) -> None:
        """Queue records and return; `settle` is called once they are stored or refused.

        Raises `CallerError` when a record is refused outright and `Busy` when too many requests are waiting already;
        then nothing was queued.
        """
        if self._closed or self._queue.qsize() >= self._queue_limit:
            raise Busy("stopping" if self._closed else "too many requests are waiting")
        self._queue.put(_Submission([self._admitted(record) for record in records], settle))

    def record_many(self, records: Sequence[UsageRecord]) -> list[Outcome]:
        """Store records, wait, and return one outcome for each, in order."""
        if not records:
            return []
        outcomes: Future[list[Outcome]] = Future()
        self.submit(records, outcomes.set_result)
        return outcomes.result()

    def record(self, record: UsageRecord) -> Receipt:
        """Store one record and return its receipt; raises what kept it from being stored."""
        (outcome,) = self.record_many([record])
        if isinstance(outcome, UsageServiceError):
            raise outcome
        return outcome

    def close(self) -> None:
        """Store what is queued, then stop."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        self._writer.close()

    def _admitted(self, record: UsageRecord) -> UsageRecord:
        remarks = self._inspect(record)
        now = datetime.now(UTC)
        if not EARLIEST_LIKELY_TIME <= record.record_time <= now + LONGEST_LIKELY_LEAD:
            remarks += ("unlikely_time",)
        return replace(record, remarks=record.remarks + remarks) if remarks else record

    def _run(self) -> None:
        running = True
        while running:
            group, running = self._next_group()
            if group:
                self._store(group)

    def _next_group(self) -> tuple[list[_Submission], bool]:
        """Wait for one submission, then take what else is there. False: this was the last group."""
        group: list[_Submission] = []
        size = 0
        try:
            while size < self._group_limit:
                submission = self._queue.get(block=not group)
                if submission is None:
                    return group, False
                group.append(submission)
                size += len(submission.records)
        except Empty:
            pass
        return group, True

    def _store(self, group: Sequence[_Submission]) -> None:
        outcomes = self._written([record for submission in group for record in submission.records])
        start = 0
        for submission in group:
            end = start + len(submission.records)
            _tell(submission.settle, outcomes[start:end])
            start = end

    def _written(self, records: Sequence[UsageRecord]) -> list[Outcome]:
        """A defect must not end the one writer thread: everybody behind it would wait for ever."""
        try:
            return self._writer.write(records)
        except Exception:
            log.exception("the writer failed")
            return [NotStored("internal error")] * len(records)


def _tell(settle: Settle, outcomes: list[Outcome]) -> None:
    """A caller that is gone must not keep the others from being told."""
    try:
        settle(outcomes)
    except Exception:
        log.exception("a caller could not be told its outcome")
