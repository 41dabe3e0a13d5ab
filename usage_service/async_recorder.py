"""The recorder for coroutines: those that wait at the same time share one transaction.

While one group is being written, the next one gathers here. What a group is written with is given: a writer of the same
event loop, or the recorder's thread, which is woken once for each group and not for each record.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from usage_service.accounting.receipts import Outcome
from usage_service.errors import Busy, NotStored, UsageServiceError
from usage_service.record import UsageRecord
from usage_service.recorder import Item, Recorder

log = logging.getLogger(__name__)

Write = Callable[[Sequence[UsageRecord]], Awaitable[list[Outcome]]]
"""Stores a group of records and returns one outcome for each, in order."""

SettleOne = Callable[[Outcome], object]
"""Called once, on the event loop."""

_Result = TypeVar("_Result")


class AsyncRecorder:
    """The recorder for one event loop."""

    def __init__(
        self, recorder: Recorder, write: Write | None = None, *, queue_limit: int = 10_000, group_limit: int = 500
    ) -> None:
        """Groups are written by the recorder's thread unless `write` is given."""
        self._recorder = recorder
        self._write = write or self._write_in_thread
        self._queue_limit = queue_limit
        self._group_limit = group_limit
        self._waiting: deque[tuple[UsageRecord, SettleOne]] = deque()
        self._writing: asyncio.Task[None] | None = None

    def submit(self, record: UsageRecord, settle: SettleOne) -> None:
        """Queue one record and return; `settle` is called once it is stored or refused.

        Raises `Busy` or what is wrong with the record; then nothing was queued.
        """
        if len(self._waiting) >= self._queue_limit:
            raise Busy("too many requests are waiting")
        self._waiting.append((self._recorder.admitted(record), settle))
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write_groups())

    async def record_many(self, items: Sequence[Item], *, atomic: bool = False) -> list[Outcome]:
        """Store records and return one outcome for each item; raises like `Recorder.submit`."""
        stored, settle = _settled_from_elsewhere()
        self._recorder.submit(items, settle, atomic=atomic)
        return await stored

    async def _write_groups(self) -> None:
        while self._waiting:
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._group_limit))]
            outcomes = await self._written([record for record, _ in group])
            for (_, settle), outcome in zip(group, outcomes, strict=True):
                _tell(settle, outcome)
        self._writing = None

    async def _written(self, records: Sequence[UsageRecord]) -> list[Outcome]:
        """A defect must not end the one who writes: everybody behind it would wait for ever."""
        try:
            return await self._write(records)
        except UsageServiceError as error:
            return [error] * len(records)
        except Exception:
            log.exception("the writer failed")
            return [NotStored("internal error")] * len(records)

    async def _write_in_thread(self, records: Sequence[UsageRecord]) -> list[Outcome]:
        stored, settle = _settled_from_elsewhere()
        self._recorder.submit_admitted(records, settle)
        return await stored


def _settled_from_elsewhere() -> tuple[asyncio.Future[list[Outcome]], Callable[[list[Outcome]], object]]:
    """A future and what sets it, from whichever thread."""
    loop = asyncio.get_running_loop()
    stored: asyncio.Future[list[Outcome]] = loop.create_future()
    return stored, lambda outcomes: loop.call_soon_threadsafe(_set_unless_gone, stored, outcomes)


def _set_unless_gone(stored: asyncio.Future[_Result], outcome: _Result) -> None:
    if not stored.done():
        stored.set_result(outcome)


def _tell(settle: SettleOne, outcome: Outcome) -> None:
    """A caller that cannot be told must not keep the others from being told."""
    try:
        settle(outcome)
    except Exception:
        log.exception("a caller could not be told its outcome")
