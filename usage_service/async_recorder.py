"""Waiting for the recorder from an event loop: no thread for each request, one wake-up for each group commit."""

import asyncio
from collections import deque
from collections.abc import Sequence
from functools import partial

from usage_service.errors import UsageServiceError
from usage_service.record import UsageRecord
from usage_service.recorder import Item, Recorder
from usage_service.store.writing import Outcome, Receipt


class AsyncRecorder:
    """The recorder for coroutines of one event loop."""

    def __init__(self, recorder: Recorder, loop: asyncio.AbstractEventLoop) -> None:
        self._recorder = recorder
        self._loop = loop
        self._settled: deque[tuple[asyncio.Future[list[Outcome]], list[Outcome]]] = deque()
        self._woken = False

    async def record_many(self, items: Sequence[Item], *, atomic: bool = False) -> list[Outcome]:
        """Store records and return one outcome for each item; raises like `Recorder.submit`."""
        future: asyncio.Future[list[Outcome]] = self._loop.create_future()
        self._recorder.submit(items, partial(self._settle, future), atomic=atomic)
        return await future

    async def record(self, record: UsageRecord) -> Receipt:
        """Store one record; raises what kept it from being stored."""
        (outcome,) = await self.record_many((record,))
        if isinstance(outcome, UsageServiceError):
            raise outcome
        return outcome

    def _settle(self, future: asyncio.Future[list[Outcome]], outcomes: list[Outcome]) -> None:
        """On the writer's thread. The first of a group wakes the loop, the others only queue."""
        self._settled.append((future, outcomes))
        if not self._woken:
            self._woken = True
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._woken = False  # before draining: what is appended from here on wakes the loop again
        while self._settled:
            future, outcomes = self._settled.popleft()
            if not future.done():
                future.set_result(outcomes)
