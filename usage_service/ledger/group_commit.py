"""Group commit for coroutines: whoever waits at the same moment shares one transaction.

The recorder does the same for usage records from any thread; this is for things that only one event loop hands in and
that have no outcome of their own: all of a group are stored, or none.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from usage_service.errors import Busy

Item = TypeVar("Item")


class GroupCommit(Generic[Item]):
    """Hands what waits to `store`, a group at a time, off the event loop. Nothing waits for company."""

    def __init__(self, store: Callable[[Sequence[Item]], None], *, queue_limit: int, group_limit: int) -> None:
        self._store = store
        self._queue_limit = queue_limit
        self._group_limit = group_limit
        self._waiting: deque[tuple[Item, asyncio.Future[None]]] = deque()
        self._writing: asyncio.Task[None] | None = None

    def submit(self, item: Item) -> asyncio.Future[None]:
        """Queue an item; the future is done when it is stored, and raises what kept it from that. Raises `Busy`."""
        if len(self._waiting) >= self._queue_limit:
            raise Busy("too many requests are waiting")
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, stored))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return stored

    async def drain(self) -> None:
        """Wait until everything is stored."""
        while self._writing is not None and not self._writing.done():
            await asyncio.wait([self._writing])

    async def _write(self) -> None:
        while self._waiting:
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._group_limit))]
            try:
                await asyncio.to_thread(self._store, [item for item, _ in group])
            except Exception as error:
                for _, stored in group:
                    if not stored.done():
                        stored.set_exception(error)
            else:
                for _, stored in group:
                    if not stored.done():
                        stored.set_result(None)
