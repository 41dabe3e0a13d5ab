"""Checking passwords from an event loop: each is hashed once in a while on a thread, and remembered in between.

Who is calling, by what HTTP says: Basic credentials (RFC 7617), or the word of a reverse proxy that has verified a
client certificate.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from time import monotonic

from usage_service.auth.callers import Caller, Callers
from usage_service.auth.credentials import BASIC, credentials, read_login
from usage_service.errors import Busy, ConfigurationError, NotAuthenticated
from usage_service.http.asgi import Scope

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


class TrustedProxies:
    """The addresses whose word about a client certificate counts, and the header in which they give it."""

    def __init__(self, header: str, addresses: Sequence[str]) -> None:
        self._header = header.lower().encode()
        self._networks = [_network(address) for address in addresses]

    def subject(self, scope: Scope) -> str | None:
        """The verified subject; None when the request came from anybody else. Two of them are a forgery."""
        if not self._trusts(scope["client"][0]):
            return None
        subjects = [value for name, value in scope["headers"] if name == self._header]
        if len(subjects) > 1:
            raise NotAuthenticated
        return subjects[0].decode("utf-8", "replace") if subjects else None

    def _trusts(self, address: str) -> bool:
        return any(ip_address(address) in network for network in self._networks)


def _network(address: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(address)
    except ValueError as error:
        raise ConfigurationError(f"trusted_proxies: {error}") from error


class HttpCallers:
    """Finds the caller of a request in its HTTP headers."""

    def __init__(self, callers: AsyncCallers, *, basic: bool, proxies: TrustedProxies | None) -> None:
        self._callers = callers
        self._basic = basic
        self._proxies = proxies

    async def identify(self, scope: Scope) -> Caller | None:
        """The caller, or None when the headers say nothing; raises `NotAuthenticated` when they say it wrong."""
        caller = self.identify_at_once(scope)
        if caller is not None:
            return caller
        stated = self._basic_credentials(scope)
        if stated is None:
            return None
        return await self._callers.check(self._callers.digest(stated), *read_login(stated))

    def identify_at_once(self, scope: Scope) -> Caller | None:
        """The same, but None also for a password that has to be checked first."""
        stated = self._basic_credentials(scope)
        if stated is not None:
            return self._callers.remembered(self._callers.digest(stated))
        subject = self._proxies.subject(scope) if self._proxies else None
        if subject is None:
            return None
        caller = self._callers.callers.with_subject(subject)
        if caller is None:
            raise NotAuthenticated
        return caller

    def _basic_credentials(self, scope: Scope) -> bytes | None:
        return credentials(scope, BASIC) if self._basic else None
