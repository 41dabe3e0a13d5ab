"""The recorder for coroutines: those that wait at the same time share one transaction.

While one group is being written, the next one gathers here. What a group is written with is given: a writer of the same
event loop, or the recorder's thread, which is woken once for each group and not for each record.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from usage_service.errors import Busy, CallerError, NotStored, UsageServiceError
from usage_service.ledger.model import Outcome
from usage_service.ledger.recorder import Item, Recorder, Settle, in_place, tell
from usage_service.record import UsageRecord

log = logging.getLogger(__name__)

Write = Callable[[Sequence[UsageRecord]], Awaitable[list[Outcome]]]
"""Stores a group of records and returns one outcome for each, in order."""

SettleOne = Callable[[Outcome], object]
"""Called once, on the event loop."""


class AsyncRecorder:
    """The recorder for one event loop."""

    def __init__(
        self, recorder: Recorder, write: Write | None = None, *, queue_limit: int = 10_000, group_limit: int = 500
    ) -> None:
        """Groups are written by the recorder's thread unless `write` is given."""
        self._recorder = recorder
        self._write = write
        self._queue_limit = queue_limit
        self._group_limit = group_limit
        self._waiting: deque[tuple[Sequence[UsageRecord], Settle]] = deque()
        self._writing: asyncio.Task[None] | None = None

    def submit(self, record: UsageRecord, settle: SettleOne) -> None:
        """Queue one record and return; `settle` is called once it is stored or refused.

        Raises `Busy` or what is wrong with the record; then nothing was queued.
        """
        self._check_room()
        self._enqueue([self._recorder.admitted(record)], lambda outcomes: settle(outcomes[0]))

    async def record_many(self, items: Sequence[Item], *, atomic: bool = False) -> list[Outcome]:
        """Store records and return one outcome for each item; raises like `Recorder.submit`."""
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[list[Outcome]] = loop.create_future()
        if atomic or self._write is None:
            self._recorder.submit(items, _from_elsewhere(loop, stored), atomic=atomic)
            return await stored
        self._check_room()
        looked_at = [self._recorder.looked_at(item) for item in items]
        records = [item for item in looked_at if isinstance(item, UsageRecord)]
        if not records:
            return [item for item in looked_at if isinstance(item, CallerError)]
        self._enqueue(records, partial(_set_unless_gone, stored))
        return in_place(looked_at, await stored)

    def _check_room(self) -> None:
        if len(self._waiting) >= self._queue_limit:
            raise Busy("too many requests are waiting")

    def _enqueue(self, records: Sequence[UsageRecord], settle: Settle) -> None:
        self._waiting.append((records, settle))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write_groups())

    async def _write_groups(self) -> None:
        while self._waiting:
            group, records = self._next_group()
            outcomes = await self._written(records)
            start = 0
            for submitted, settle in group:
                end = start + len(submitted)
                tell(settle, outcomes[start:end])
                start = end
        self._writing = None

    def _next_group(self) -> tuple[list[tuple[Sequence[UsageRecord], Settle]], list[UsageRecord]]:
        group, records = [], list[UsageRecord]()
        while self._waiting and len(records) < self._group_limit:
            group.append(self._waiting.popleft())
            records.extend(group[-1][0])
        return group, records

    async def _written(self, records: Sequence[UsageRecord]) -> list[Outcome]:
        """A defect must not end the one who writes: everybody behind it would wait for ever."""
        try:
            return await (self._write or self._write_in_thread)(records)
        except UsageServiceError as error:
            return [error] * len(records)
        except Exception:
            log.exception("the writer failed")
            return [NotStored("internal error")] * len(records)

    async def _write_in_thread(self, records: Sequence[UsageRecord]) -> list[Outcome]:
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[list[Outcome]] = loop.create_future()
        self._recorder.submit_admitted(records, _from_elsewhere(loop, stored))
        return await stored


def _from_elsewhere(loop: asyncio.AbstractEventLoop, stored: asyncio.Future[list[Outcome]]) -> Settle:
    """What sets a future, from whichever thread."""
    return lambda outcomes: loop.call_soon_threadsafe(_set_unless_gone, stored, outcomes)


def _set_unless_gone(stored: asyncio.Future[list[Outcome]], outcomes: list[Outcome]) -> None:
    if not stored.done():
        stored.set_result(outcomes)
