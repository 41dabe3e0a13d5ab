"""The recorder: every edge hands its records to it, and nobody is answered before the commit.

Requests that wait at the same time share one transaction (group commit): a single writer thread takes everything
that is queued, writes it together, and settles each request with its own outcome. When nobody else waits, a record
is written at once; nothing ever waits for company.
"""

import logging
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from typing import NamedTuple, Protocol

from usage_service.errors import Busy, CallerError, NotStored, UsageServiceError
from usage_service.ledger.model import Outcome, Receipt, none_stored
from usage_service.record import UsageRecord, content_digest

log = logging.getLogger(__name__)

EARLIEST_LIKELY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_LIKELY_LEAD = timedelta(hours=24)

Settle = Callable[[list[Outcome]], object]
"""Called once, on the writer's thread unless nothing had to be written, with one outcome for each submitted item."""

Item = UsageRecord | CallerError
"""A record to store, or what an edge found wrong with one: it keeps its place among the outcomes."""


class Writer(Protocol):
    """What the recorder needs of the store."""

    def write(self, records: Sequence[UsageRecord]) -> list[Outcome]: ...
    def write_atomically(self, records: Sequence[UsageRecord]) -> list[Outcome]: ...
    def close(self) -> None: ...


class Inspect(Protocol):
    """Looks at a record before it is queued: returns remarks, or raises `CallerError` to refuse it."""

    def __call__(self, record: UsageRecord) -> tuple[str, ...]: ...


class _Submission(NamedTuple):
    records: Sequence[UsageRecord]
    settle: Settle
    atomic: bool  # all of its records are stored or none; it is a group of its own


class Recorder:
    """Takes records from any thread and stores them in groups. Close it to flush and stop."""

    def __init__(
        self,
        writer: Writer,
        *,
        inspect: Inspect,
        once_by_content: Collection[str] = (),
        queue_limit: int = 10_000,
        group_limit: int = 500,
    ) -> None:
        """`once_by_content` names the services whose equal records are one record, where they send no key."""
        self._writer = writer
        self._inspect = inspect
        self._once_by_content = frozenset(once_by_content)
        self._queue: SimpleQueue[_Submission | None] = SimpleQueue()
        self._queue_limit = queue_limit
        self._group_limit = group_limit
        self._held_back: _Submission | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="record-writer", daemon=True)
        self._thread.start()

    def submit(self, items: Sequence[Item], settle: Settle, *, atomic: bool = False) -> None:
        """Queue records and return; `settle` is called once they are stored or refused.

        An `atomic` submission is stored as a whole or not at all. Raises `Busy` when too many requests are waiting
        already; then nothing was queued.
        """
        self._check_room()
        admitted = [self.looked_at(item) for item in items]
        records = [item for item in admitted if isinstance(item, UsageRecord)]
        if len(records) == len(admitted):
            self._queue.put(_Submission(records, settle, atomic))
        elif atomic or not records:
            refused = {place: item for place, item in enumerate(admitted) if isinstance(item, CallerError)}
            settle(none_stored(len(admitted), refused) if atomic else list(refused.values()))
        else:
            self._queue.put(_Submission(records, lambda outcomes: settle(in_place(admitted, outcomes)), atomic))

    def submit_admitted(self, records: Sequence[UsageRecord], settle: Settle) -> None:
        """The same for records that `admitted` returned."""
        self._check_room()
        self._queue.put(_Submission(records, settle, atomic=False))

    def record_many(self, items: Sequence[Item], *, atomic: bool = False) -> list[Outcome]:
        """Store records, wait, and return one outcome for each item, in order."""
        if not items:
            return []
        outcomes: Future[list[Outcome]] = Future()
        self.submit(items, outcomes.set_result, atomic=atomic)
        return outcomes.result()

    def record(self, record: UsageRecord) -> Receipt:
        """Store one record and return its receipt; raises what kept it from being stored."""
        (outcome,) = self.record_many([record])
        if isinstance(outcome, UsageServiceError):
            raise outcome
        return outcome

    def admitted(self, record: UsageRecord) -> UsageRecord:
        """The record as it may be stored, for whoever stores it in a transaction of their own; raises `CallerError`."""
        remarks = self._inspect(record)
        now = datetime.now(UTC)
        if not EARLIEST_LIKELY_TIME <= record.record_time <= now + LONGEST_LIKELY_LEAD:
            remarks += ("unlikely_time",)
        if record.once_key is None and record.service in self._once_by_content:
            record = replace(record, once_key=f"hash:{content_digest(record)}")
        return replace(record, remarks=record.remarks + remarks) if remarks else record

    def looked_at(self, item: Item) -> Item:
        """The record as it may be stored, or what is wrong with it."""
        if isinstance(item, CallerError):
            return item
        try:
            return self.admitted(item)
        except CallerError as error:
            return error

    def close(self) -> None:
        """Store what is queued, then stop."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        self._writer.close()

    def _check_room(self) -> None:
        if self._closed or self._queue.qsize() >= self._queue_limit:
            raise Busy("stopping" if self._closed else "too many requests are waiting")

    def _run(self) -> None:
        running = True
        while running:
            group, running = self._next_group()
            if group:
                self._store(group)

    def _next_group(self) -> tuple[list[_Submission], bool]:
        """Wait for one submission, then take what else is there; an atomic one stays alone. False: the last group."""
        group: list[_Submission] = []
        size = 0
        try:
            while size < self._group_limit:
                submission = self._next_submission(block=not group)
                if submission is None:
                    return group, False
                if submission.atomic and group:
                    self._held_back = submission
                    break
                group.append(submission)
                size += len(submission.records)
                if submission.atomic:
                    break
        except Empty:
            pass
        return group, True

    def _next_submission(self, block: bool) -> _Submission | None:
        held_back, self._held_back = self._held_back, None
        return held_back or self._queue.get(block=block)

    def _store(self, group: Sequence[_Submission]) -> None:
        write = self._writer.write_atomically if group[0].atomic else self._writer.write
        outcomes = _written(write, [record for submission in group for record in submission.records])
        start = 0
        for submission in group:
            end = start + len(submission.records)
            tell(submission.settle, outcomes[start:end])
            start = end


def _written(write: Callable[[Sequence[UsageRecord]], list[Outcome]], records: Sequence[UsageRecord]) -> list[Outcome]:
    """A defect must not end the one writer thread: everybody behind it would wait for ever."""
    try:
        return write(records)
    except Exception:
        log.exception("the writer failed")
        return [NotStored("internal error")] * len(records)


def in_place(admitted: Sequence[Item], written: Sequence[Outcome]) -> list[Outcome]:
    """One outcome for each item: the error of what was refused, else the next of what was written."""
    outcomes = iter(written)
    return [item if isinstance(item, CallerError) else next(outcomes) for item in admitted]


def tell(settle: Settle, outcomes: list[Outcome]) -> None:
    """A caller that is gone must not keep the others from being told."""
    try:
        settle(outcomes)
    except Exception:
        log.exception("a caller could not be told its outcome")
