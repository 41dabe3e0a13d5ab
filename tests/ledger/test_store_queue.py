"""Group commit: waiters share commits, all of a group share its fate, and too many are turned away."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from usage_service.errors import Busy, StoreUnavailable
from usage_service.ledger.commit_queue import StoreQueue


def test_waiting_items_are_written_together() -> None:
    groups: list[list[int]] = []
    gate = threading.Event()

    def store(items: Sequence[int]) -> None:
        gate.wait(10)
        groups.append(list(items))

    async def all_at_once() -> None:
        commit = StoreQueue(store, queue_limit=100, group_limit=4)
        first = commit.submit(0)
        await asyncio.sleep(0)
        rest = [commit.submit(number) for number in range(1, 7)]
        gate.set()
        await asyncio.gather(first, *rest)

    asyncio.run(all_at_once())
    assert sorted(number for group in groups for number in group) == list(range(7))
    assert max(map(len, groups)) <= 4


def test_queue_continues_after_failed_group() -> None:
    outcomes = [StoreUnavailable("down"), None]

    def store(_: Sequence[str]) -> None:
        if error := outcomes.pop(0):
            raise error

    async def twice() -> None:
        commit = StoreQueue(store, queue_limit=100, group_limit=10)
        with pytest.raises(StoreUnavailable):
            await commit.submit("a")
        await commit.submit("b")

    asyncio.run(twice())


def test_too_many_waiting_are_turned_away() -> None:
    async def one_too_many() -> None:
        commit = StoreQueue(lambda items: None, queue_limit=1, group_limit=10)
        stored = commit.submit("a")
        with pytest.raises(Busy):
            commit.submit("b")
        await stored
        await commit.drain()

    asyncio.run(one_too_many())
