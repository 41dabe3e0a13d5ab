"""Passwords are hashed seldom, remembered shortly, and never by many at a time."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest

from usage_service.auth import http as async_callers
from usage_service.auth.callers import Caller, Callers
from usage_service.auth.http import MOST_CHECKS, REFUSED_SECONDS, REMEMBERED, REMEMBERED_SECONDS, AsyncCallers
from usage_service.errors import Busy, NotAuthenticated


class Counting(Callers):
    """Knows one password, and how often it was asked."""

    def __init__(self) -> None:
        super().__init__([])
        self.asked = 0

    def check(self, name: str, password: str) -> Caller | None:
        self.asked += 1
        return Caller(name=name, services=ALL) if password == "sesame" else None


ALL = re.compile(".*")


@pytest.fixture
def counting() -> Counting:
    return Counting()


def run(counting: Counting, script: Callable[[AsyncCallers], Awaitable[None]]) -> None:
    async def scene() -> None:
        await script(AsyncCallers(counting))

    asyncio.run(scene())


async def check(callers: AsyncCallers, name: str, password: str) -> Caller:
    digest = callers.digest(f"{name}:{password}".encode())
    return callers.remembered(digest) or await callers.check(digest, name, password)


def test_simultaneous_callers_are_checked_once(counting: Counting) -> None:
    async def script(callers: AsyncCallers) -> None:
        found = await asyncio.gather(*(check(callers, "a", "sesame") for _ in range(100)))
        assert {caller.name for caller in found} == {"a"}

    run(counting, script)
    assert counting.asked == 1


def test_wrong_password_rejected_from_cache_too(counting: Counting) -> None:
    async def script(callers: AsyncCallers) -> None:
        for _ in range(3):
            with pytest.raises(NotAuthenticated):
                await check(callers, "a", "wrong")

    run(counting, script)
    assert counting.asked == 1


@pytest.mark.parametrize(("password", "seconds"), [("sesame", REMEMBERED_SECONDS), ("wrong", REFUSED_SECONDS)])
def test_cached_result_expires_in_time(
    counting: Counting, monkeypatch: pytest.MonkeyPatch, password: str, seconds: float
) -> None:
    now = 1_000.0
    monkeypatch.setattr(async_callers, "monotonic", lambda: now)

    async def script(callers: AsyncCallers) -> None:
        nonlocal now
        for step in (0, seconds - 1, 2):
            now += step
            try:
                assert (await check(callers, "a", password)).name == "a"
            except NotAuthenticated:
                assert password == "wrong"

    run(counting, script)
    assert counting.asked == 2


def test_memory_is_bounded(counting: Counting) -> None:
    async def script(callers: AsyncCallers) -> None:
        for number in range(REMEMBERED + 2):
            await check(callers, f"{number}", "sesame")
        await check(callers, f"{REMEMBERED + 1}", "sesame")
        await check(callers, "0", "sesame")

    run(counting, script)
    assert counting.asked == REMEMBERED + 3


def test_password_guessing_is_rate_limited(counting: Counting) -> None:
    async def script(callers: AsyncCallers) -> None:
        guesses = (check(callers, "a", f"guess {number}") for number in range(2 * MOST_CHECKS))
        found = await asyncio.gather(*guesses, return_exceptions=True)
        assert sum(isinstance(outcome, Busy) for outcome in found) == MOST_CHECKS
        assert sum(isinstance(outcome, NotAuthenticated) for outcome in found) == MOST_CHECKS

    run(counting, script)
    assert counting.asked == MOST_CHECKS
