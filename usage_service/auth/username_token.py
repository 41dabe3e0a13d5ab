"""Who is calling, by a WS-Security UsernameToken (OASIS Web Services Security, UsernameToken Profile 1.1).

Nonces that were used already are shared by all worker processes: one empty file for each, until it is too old. Creating
a file that must not exist is atomic, which is all that a replay check needs.
"""

import hashlib
import os
import re
import time
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from usage_service.auth.callers import Caller
from usage_service.auth.http import AsyncCallers
from usage_service.auth.passwords import is_secret
from usage_service.errors import ConfigurationError, NotAuthenticated
from usage_service.times import time_from_iso

_PROFILE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"
PASSWORD_DIGEST, PASSWORD_TEXT = f"{_PROFILE}#PasswordDigest", f"{_PROFILE}#PasswordText"

SWEEP_EVERY = 1_000

_NONCE_FILE = re.compile("[0-9a-f]{64}")
"""The name of a used nonce's file: its SHA-256."""


class NonceFolder:
    """Remembers nonces for some seconds. Point several machines to one folder to share it between them."""

    def __init__(self, folder: Path, seconds: float) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.getuid():
            raise ConfigurationError(f"the nonce folder {folder} belongs to another user")
        self._folder = folder
        self._seconds = seconds
        self._used = 0

    def use(self, nonce: bytes) -> bool:
        """True the first time."""
        self._used += 1
        if self._used % SWEEP_EVERY == 0:
            self.forget_old()
        try:
            os.close(os.open(self._folder / hashlib.sha256(nonce).hexdigest(), os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return False
        return True

    def forget_old(self) -> None:
        """Remove what a fresh token can no longer repeat; files that are not named as nonces stay."""
        for entry in os.scandir(self._folder):
            if _NONCE_FILE.fullmatch(entry.name) is None:
                continue
            with suppress(FileNotFoundError):  # another worker was here first
                if entry.stat().st_mtime < time.time() - self._seconds:
                    os.unlink(entry)


@dataclass(frozen=True, slots=True)
class UsernameToken:
    """What a token says, as sent."""

    username: str
    password: str
    password_type: str
    nonce: str
    created: str


class TokenCallers:
    """Finds the caller of a request by its token."""

    def __init__(self, callers: AsyncCallers, nonces: NonceFolder, fresh: timedelta) -> None:
        self._callers = callers
        self._nonces = nonces
        self._fresh = fresh

    async def identify(self, token: UsernameToken) -> Caller:
        """The caller; raises `NotAuthenticated`."""
        if token.password_type == PASSWORD_DIGEST:
            return self._digested(token, datetime.now(UTC))
        if token.password_type != PASSWORD_TEXT:
            raise NotAuthenticated
        digest = self._callers.digest(f"{token.username}\0{token.password}".encode())
        return self._callers.remembered(digest) or await self._callers.check(digest, token.username, token.password)

    def _digested(self, token: UsernameToken, now: datetime) -> Caller:
        """Base64(SHA-1(nonce + created + password)), fresh, and never seen before."""
        caller = self._callers.callers.named(token.username)
        nonce = _decoded(token.nonce)
        if caller is None or caller.secret is None or not nonce or abs(now - _moment(token.created)) > self._fresh:
            raise NotAuthenticated
        proof = hashlib.sha1(nonce + token.created.encode() + caller.secret.encode()).digest()
        if not is_secret(token.password.strip(), b64encode(proof)):
            raise NotAuthenticated
        if not self._nonces.use(nonce + token.created.encode()):
            raise NotAuthenticated
        return caller


def _decoded(nonce: str) -> bytes:
    try:
        return b64decode("".join(nonce.split()), validate=True)  # xsd:base64Binary may be wrapped over lines
    except ValueError as error:
        raise NotAuthenticated from error


def _moment(created: str) -> datetime:
    try:
        return time_from_iso(created, zone=UTC)
    except ValueError as error:
        raise NotAuthenticated from error
