"""The commit queue: every edge hands its records to it, and no caller is answered before the commit.

Requests that wait at the same time share one transaction (group commit). The queue lives on an event loop: in a worker
on the loop that serves requests, elsewhere on a thread of its own. While one group is being written the next one
gathers; when no other request waits, a record is written at once, and nothing ever waits for company. There is one
queue and one limit for each process, whoever submits: coroutines, threads, atomic batches.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from queue import SimpleQueue
from time import monotonic
from typing import Generic, NamedTuple, Protocol, TypeVar

from usage_service.errors import Busy, CallerError, NotStored, UsageServiceError
from usage_service.ledger.model import Outcome, Receipt, none_stored
from usage_service.record import UsageRecord, content_digest

log = logging.getLogger(__name__)

EARLIEST_LIKELY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_LIKELY_LEAD = timedelta(hours=24)

T = TypeVar("T")
R = TypeVar("R")

Settle = Callable[[list[Outcome]], object]
"""Called once, on the queue's loop unless nothing had to be written, with one outcome for each submitted item."""

SettleOne = Callable[[Outcome], object]
"""The same for a single record."""

Item = UsageRecord | CallerError
"""A record to store, or what an edge found wrong with one: it keeps its place among the outcomes."""


class Inspect(Protocol):
    """Looks at a record before it is queued: returns remarks, or raises `CallerError` to refuse it."""

    def __call__(self, record: UsageRecord) -> tuple[str, ...]: ...


class Writer(Protocol):
    """Writes groups, blocking the thread that calls it."""

    def write(self, records: Sequence[UsageRecord]) -> list[Outcome]: ...
    def write_atomically(self, records: Sequence[UsageRecord]) -> list[Outcome]: ...
    def close(self) -> None: ...


class GroupWriter(Protocol):
    """Writes groups for an event loop; one group at a time."""

    async def write(self, records: Sequence[UsageRecord], *, atomic: bool) -> list[Outcome]: ...
    def close(self) -> None: ...


class BlockingWriter:
    """Writes on the queue's own thread, which has nothing else to do."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self.close = writer.close

    async def write(self, records: Sequence[UsageRecord], *, atomic: bool) -> list[Outcome]:
        """One outcome for each record, in order."""
        return self._writer.write_atomically(records) if atomic else self._writer.write(records)


class ThreadWriter:
    """Hands whole groups to one thread, for a database that an event loop cannot wait for.

    A plain queue and one call back into the loop: an executor's futures cost a sixth of the rate of one connection.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._groups: SimpleQueue[_Group | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="record-writer", daemon=True)
        self._thread.start()

    async def write(self, records: Sequence[UsageRecord], *, atomic: bool) -> list[Outcome]:
        """One outcome for each record, in order."""
        loop = asyncio.get_running_loop()
        written: asyncio.Future[list[Outcome]] = loop.create_future()
        self._groups.put(_Group(records, atomic, loop, written))
        return await written

    def close(self) -> None:
        """End the thread and give the connection back."""
        self._groups.put(None)
        self._thread.join()
        self._writer.close()

    def _run(self) -> None:
        while (group := self._groups.get()) is not None:
            write = self._writer.write_atomically if group.atomic else self._writer.write
            try:
                outcomes = write(group.records)
            except Exception:  # a defect must not end the one thread: all requests behind it would wait for ever
                log.exception("the writer failed")
                outcomes = [NotStored("internal error")] * len(group.records)
            group.loop.call_soon_threadsafe(_set_unless_gone, group.written, outcomes)


class _Group(NamedTuple):
    records: Sequence[UsageRecord]
    atomic: bool
    loop: asyncio.AbstractEventLoop
    written: asyncio.Future[list[Outcome]]


class _Submission(NamedTuple, Generic[T, R]):
    items: Sequence[T]
    settle: Callable[[list[R | UsageServiceError]], object]
    atomic: bool  # all of its items are stored or none; it is a group of its own
    since: float  # when it was queued, by the monotonic clock


class Groups(Generic[T, R]):
    """Forms groups of what waits and has them written, one after the other, on one event loop."""

    def __init__(
        self,
        write: Callable[[Sequence[T], bool], Awaitable[Sequence[R | UsageServiceError]]],
        *,
        queue_limit: int,
        group_limit: int,
    ) -> None:
        """`write` stores a group (True: atomically) and returns one outcome for each item, in order."""
        self._write = write
        self._queue_limit = queue_limit
        self._group_limit = group_limit
        self._waiting: deque[_Submission[T, R]] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._written_since: float | None = None  # since when the oldest of the group being written has waited

    @property
    def oldest_wait(self) -> float:
        """For how many seconds the oldest submission has waited for its outcome; 0 when there is none."""
        since = self._written_since
        if since is None:
            since = self._waiting[0].since if self._waiting else monotonic()
        return monotonic() - since

    def check_room(self) -> None:
        """Raise `Busy` when too many submissions are waiting already."""
        if len(self) >= self._queue_limit:
            raise Busy("too many requests are waiting")

    def __len__(self) -> int:
        """How many submissions wait."""
        return len(self._waiting)

    def put(
        self, items: Sequence[T], settle: Callable[[list[R | UsageServiceError]], object], *, atomic: bool = False
    ) -> None:
        """Queue a submission, from any thread; `wake` has to follow, on the loop."""
        self._waiting.append(_Submission(items, settle, atomic, monotonic()))

    def wake(self) -> None:
        """See to it that what waits is written."""
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write_groups())

    async def drain(self) -> None:
        """Wait until everything is written."""
        while self._waiting or (self._writing is not None and not self._writing.done()):
            self.wake()
            if self._writing is not None:
                await asyncio.wait([self._writing])

    async def _write_groups(self) -> None:
        while self._waiting:
            group, items = self._next_group()
            self._written_since = group[0].since
            outcomes = await self._written(items, group[0].atomic)
            self._written_since = None
            start = 0
            for submission in group:
                end = start + len(submission.items)
                _settle(submission.settle, outcomes[start:end])
                start = end

    def _next_group(self) -> tuple[list[_Submission[T, R]], list[T]]:
        """Everything that waits, up to the limit; an atomic submission stays alone."""
        group, items = [self._waiting.popleft()], list[T]()
        items.extend(group[0].items)
        while self._waiting and len(items) < self._group_limit and not (group[0].atomic or self._waiting[0].atomic):
            group.append(self._waiting.popleft())
            items.extend(group[-1].items)
        return group, items

    async def _written(self, items: Sequence[T], atomic: bool) -> list[R | UsageServiceError]:
        """A defect must not end the writer: all requests behind it would wait for ever."""
        try:
            return list(await self._write(items, atomic))
        except UsageServiceError as error:
            return [error] * len(items)
        except Exception:
            log.exception("the writer failed")
            return [NotStored("internal error")] * len(items)


class StoreQueue(Generic[T]):
    """Group commit for what is no record and has no outcome of its own: all of a group are stored, or none."""

    def __init__(self, store: Callable[[Sequence[T]], None], *, queue_limit: int, group_limit: int) -> None:
        """`store` is called off the event loop."""
        self._store = store
        self._groups: Groups[T, None] = Groups(self._write, queue_limit=queue_limit, group_limit=group_limit)
        self.drain = self._groups.drain

    def submit(self, item: T) -> asyncio.Future[None]:
        """Queue an item; the future is done when it is stored, and raises what kept it from that. Raises `Busy`."""
        self._groups.check_room()
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def settle(outcomes: list[UsageServiceError | None]) -> None:
            (error,) = outcomes
            if stored.done():
                return
            if error is None:
                stored.set_result(None)
            else:
                stored.set_exception(error)

        self._groups.put([item], settle)
        self._groups.wake()
        return stored

    async def _write(self, items: Sequence[T], _atomic: bool) -> list[None]:
        await asyncio.to_thread(self._store, items)
        return [None] * len(items)


class CommitQueue:
    """Takes records from coroutines of its loop and from any thread, and stores them in groups.

    It is open while `opened` is, on the event loop of whoever enters it; or from `start` to `close`, on a thread of its
    own. Nothing may be submitted before.
    """

    def __init__(
        self,
        writer: GroupWriter,
        *,
        inspect: Inspect,
        once_by_content: Collection[str] = (),
        queue_limit: int = 10_000,
        group_limit: int = 500,
        written: Callable[[Sequence[Outcome]], object] | None = None,
    ) -> None:
        """`once_by_content` names the services whose equal records are one record, where they send no key; `written`
        is called with the outcomes of every group."""
        self._writer = writer
        self._inspect = inspect
        self._once_by_content = frozenset(once_by_content)
        self._groups: Groups[UsageRecord, Receipt] = Groups(
            self._write,
            queue_limit=queue_limit,
            group_limit=group_limit,
        )
        self._home = _Home()
        self._closed = False
        self._written = written

    @property
    def oldest_wait(self) -> float:
        """For how many seconds the oldest submission has waited for its outcome."""
        return self._groups.oldest_wait

    @property
    def waiting(self) -> int:
        """How many submissions wait to be written."""
        return len(self._groups)

    def submit(self, record: UsageRecord, settle: SettleOne) -> None:
        """Queue one record from the queue's loop and return; `settle` is called once it is stored or refused.

        Raises `Busy` or what is wrong with the record; then nothing was queued.
        """
        self._check_room()
        self._groups.put([self.admitted(record)], lambda outcomes: settle(outcomes[0]))
        self._groups.wake()

    def submit_many(self, items: Sequence[Item], settle: Settle, *, atomic: bool = False) -> None:
        """Queue records from any thread and return; `settle` is called once they are stored or refused.

        An `atomic` submission is stored as a whole or not at all. Raises `Busy` when too many requests are waiting
        already; then nothing was queued.
        """
        self._check_room()
        validated = [self._validated(item) for item in items]
        records = [item for item in validated if isinstance(item, UsageRecord)]
        if len(records) == len(validated):
            self._put(records, settle, atomic)
        elif atomic or not records:
            refused = {place: item for place, item in enumerate(validated) if isinstance(item, CallerError)}
            settle(none_stored(len(validated), refused) if atomic else list(refused.values()))
        else:
            self._put(records, lambda outcomes: settle(_merged(validated, outcomes)), atomic)

    def record_many(self, items: Sequence[Item], *, atomic: bool = False) -> list[Outcome]:
        """Store records, wait, and return one outcome for each item, in order. Not for the queue's own loop."""
        if not items:
            return []
        outcomes: Future[list[Outcome]] = Future()
        self.submit_many(items, outcomes.set_result, atomic=atomic)
        return outcomes.result()

    async def record_many_soon(self, items: Sequence[Item], *, atomic: bool = False) -> list[Outcome]:
        """The same for coroutines of the queue's loop."""
        if not items:
            return []
        stored: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        self.submit_many(items, partial(_set_unless_gone, stored), atomic=atomic)
        return await stored

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

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Open on this event loop; what is queued at the end of the block is stored."""
        self._home.move_in(asyncio.get_running_loop())
        try:
            yield
        finally:
            with self._home.lock:
                self._closed = True
            await self._groups.drain()
            self._writer.close()

    def start(self) -> None:
        """Open on a thread of its own."""
        self._home.start(self.opened)

    def close(self) -> None:
        """Store what is queued, then stop. Closing again does nothing."""
        self._home.stop()

    async def _write(self, records: Sequence[UsageRecord], atomic: bool) -> list[Outcome]:
        outcomes = await self._writer.write(records, atomic=atomic)
        if self._written is not None:
            self._written(outcomes)
        return outcomes

    def _check_room(self) -> None:
        if self._closed:
            raise Busy("stopping")
        self._groups.check_room()

    def _put(self, records: Sequence[UsageRecord], settle: Settle, atomic: bool) -> None:
        with self._home.lock:
            if self._closed:
                raise Busy("stopping")
            self._groups.put(records, settle, atomic=atomic)
            self._home.call(self._groups.wake)

    def _validated(self, item: Item) -> Item:
        """The record as it may be stored, or what is wrong with it."""
        if isinstance(item, CallerError):
            return item
        try:
            return self.admitted(item)
        except CallerError as error:
            return error


class _Home:
    """The event loop that a queue lives on, and the thread of it where it has one of its own."""

    def __init__(self) -> None:
        self.lock = threading.Lock()  # between those who submit from threads and the one who closes
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._end = asyncio.Event()

    def move_in(self, loop: asyncio.AbstractEventLoop) -> None:
        """This is the loop."""
        self._loop = loop

    def call(self, work: Callable[[], None]) -> None:
        """Call something on the loop, soon."""
        if self._loop is None:
            raise Busy("the commit queue is not open yet")
        self._loop.call_soon_threadsafe(work)

    def start(self, opened: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        """Make a thread with a loop; returns once the queue is open on it."""
        ready = threading.Event()

        async def stay() -> None:
            async with opened():
                ready.set()
                await self._end.wait()

        self._thread = threading.Thread(target=lambda: asyncio.run(stay()), name="commit-queue", daemon=True)
        self._thread.start()
        ready.wait()

    def stop(self) -> None:
        """End the thread."""
        if self._thread is not None and self._thread.is_alive():
            self.call(self._end.set)
            self._thread.join()


def _merged(validated: Sequence[Item], written: Sequence[Outcome]) -> list[Outcome]:
    """One outcome for each item: the error of what was refused, else the next of what was written."""
    outcomes = iter(written)
    return [item if isinstance(item, CallerError) else next(outcomes) for item in validated]


def _settle(settle: Callable[[list[R | UsageServiceError]], object], outcomes: list[R | UsageServiceError]) -> None:
    """A caller that is gone must not keep the others from their outcomes."""
    try:
        settle(outcomes)
    except Exception:
        log.exception("a caller could not be given its outcome")


def _set_unless_gone(stored: asyncio.Future[list[Outcome]], outcomes: list[Outcome]) -> None:
    if not stored.done():
        stored.set_result(outcomes)
