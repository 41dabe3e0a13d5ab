"""Nonces that were used already, shared by all worker processes: one empty file for each, until it is too old.

Creating a file that must not exist is atomic, which is all that a replay check needs.

Who is calling, by a WS-Security UsernameToken (OASIS Web Services Security, UsernameToken Profile 1.1).
"""

import hashlib
import hmac
import os
import time
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lxml import etree

from usage_service.auth.callers import Caller
from usage_service.auth.http import AsyncCallers
from usage_service.errors import ConfigurationError, NotAuthenticated
from usage_service.soap.envelope import WS_SECURITY, WS_SECURITY_UTILITY, qualified, read_envelope
from usage_service.times import time_from_iso

SWEEP_EVERY = 1_000


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
        """Remove what a fresh token can no longer repeat."""
        for entry in os.scandir(self._folder):
            with suppress(FileNotFoundError):  # another worker was here first
                if entry.stat().st_mtime < time.time() - self._seconds:
                    os.unlink(entry)


_TOKEN = f"{qualified(WS_SECURITY, 'Security')}/{qualified(WS_SECURITY, 'UsernameToken')}"
_PROFILE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"
_DIGEST, _TEXT = f"{_PROFILE}#PasswordDigest", f"{_PROFILE}#PasswordText"


@dataclass(frozen=True, slots=True)
class UsernameToken:
    """What a token says, as sent."""

    username: str
    password: str
    password_type: str
    nonce: str
    created: str


def read_username_token(header: etree._Element | None) -> UsernameToken | None:
    """The one token of a SOAP header; two of them are none."""
    tokens = header.findall(_TOKEN) if header is not None else []
    if len(tokens) != 1:
        return None
    password = tokens[0].find(qualified(WS_SECURITY, "Password"))
    if password is None:
        return None
    return UsernameToken(
        username=(tokens[0].findtext(qualified(WS_SECURITY, "Username")) or "").strip(),
        password=password.text or "",
        password_type=password.get("Type", _TEXT),
        nonce=(tokens[0].findtext(qualified(WS_SECURITY, "Nonce")) or "").strip(),
        created=(tokens[0].findtext(qualified(WS_SECURITY_UTILITY, "Created")) or "").strip(),
    )


class TokenCallers:
    """Finds the caller of a request in its SOAP header."""

    def __init__(self, callers: AsyncCallers, nonces: NonceFolder, fresh: timedelta) -> None:
        self._callers = callers
        self._nonces = nonces
        self._fresh = fresh

    async def identify(self, body: bytes, content_type: str | None) -> Caller:
        """The caller; raises `NotAuthenticated`, or `Unreadable` for what is no SOAP request at all."""
        token = read_username_token(read_envelope(body, content_type).header)
        if token is None:
            raise NotAuthenticated
        if token.password_type == _DIGEST:
            return self._digested(token, datetime.now(UTC))
        if token.password_type != _TEXT:
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
        if not hmac.compare_digest(b64encode(proof), token.password.strip().encode()):
            raise NotAuthenticated
        if not self._nonces.use(nonce + token.created.encode()):
            raise NotAuthenticated
        return caller


def _decoded(nonce: str) -> bytes:
    try:
        return b64decode(nonce, validate=True)
    except ValueError as error:
        raise NotAuthenticated from error


def _moment(created: str) -> datetime:
    try:
        return time_from_iso(created, zone=UTC)
    except ValueError as error:
        raise NotAuthenticated from error
