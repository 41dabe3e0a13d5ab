"""Checking passwords from an event loop: each is hashed once in a while on a thread, and remembered in between."""

import asyncio
import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from usage_service.callers import Caller, Callers
from usage_service.errors import Busy, NotAuthenticated

REMEMBERED = 1_024
REMEMBERED_SECONDS = 600.0
REFUSED_SECONDS = 30.0
"""For so long the same wrong password costs us nothing more."""
MOST_CHECKS = 32
"""Different credentials that may wait for the one thread: guessing must not take the processors away from callers."""


class AsyncCallers:
    """The callers, for coroutines of one event loop. Remembers digests only, keyed for this process."""

    def __init__(self, callers: Callers) -> None:
        self.callers = callers
        self._key = secrets.token_bytes(32)
        self._remembered: dict[bytes, tuple[Caller | None, float]] = {}
        self._checks: dict[bytes, asyncio.Task[Caller | None]] = {}
        self._thread = ThreadPoolExecutor(1, "credentials")

    def digest(self, credentials: bytes) -> bytes:
        """What stands for credentials in memory."""
        return hashlib.sha256(self._key + credentials).digest()

    def remembered(self, digest: bytes) -> Caller | None:
        """The caller with these credentials, if they were checked lately; raises `NotAuthenticated` if in vain."""
        found = self._remembered.get(digest)
        if found is None:
            return None
        caller, until = found
        if until < monotonic():
            return None
        if caller is None:
            raise NotAuthenticated
        return caller

    async def check(self, digest: bytes, name: str, password: str) -> Caller:
        """Check a password; raises `NotAuthenticated`, or `Busy` when too many others are being checked."""
        check = self._checks.get(digest)
        if check is None:
            if len(self._checks) >= MOST_CHECKS:
                raise Busy("too many credentials are waiting to be checked")
            check = self._checks[digest] = asyncio.create_task(self._checked(digest, name, password))
        caller = await asyncio.shield(check)
        if caller is None:
            raise NotAuthenticated
        return caller

    async def _checked(self, digest: bytes, name: str, password: str) -> Caller | None:
        loop = asyncio.get_running_loop()
        try:
            caller = await loop.run_in_executor(self._thread, self.callers.check, name, password)
        finally:
            del self._checks[digest]
        self._remember(digest, caller)
        return caller

    def _remember(self, digest: bytes, caller: Caller | None) -> None:
        self._remembered.pop(digest, None)
        if len(self._remembered) >= REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[digest] = caller, monotonic() + (REMEMBERED_SECONDS if caller else REFUSED_SECONDS)
