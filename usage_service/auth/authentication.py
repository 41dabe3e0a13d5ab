"""Who may call, checked in the ways that `auth_modes` names: HTTP before the body is read, then a token in it."""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from usage_service.auth.callers import Caller, load_callers
from usage_service.auth.credentials import BASIC_CHALLENGE
from usage_service.auth.http import AsyncCallers, HttpCallers, TrustedProxies
from usage_service.auth.username_token import NonceFolder, TokenCallers, UsernameToken
from usage_service.errors import ConfigurationError, NotAllowed, NotAuthenticated
from usage_service.http.asgi import Headers, Scope
from usage_service.record import UsageRecord
from usage_service.settings import Settings


@dataclass(frozen=True, slots=True)
class Authentication:
    """The ways in that are open. `challenges` are sent with every 401 (RFC 9110, 11.6.1)."""

    http: HttpCallers
    tokens: TokenCallers | None
    challenges: Headers

    async def by_http(self, scope: Scope) -> Caller | None:
        """The caller; None when only a token can say it. Raises `NotAuthenticated`."""
        caller = await self.http.identify(scope)
        if caller is None and self.tokens is None:
            raise NotAuthenticated
        return caller

    def at_once(self, scope: Scope) -> Caller | None:
        """The caller by HTTP; None when it takes longer to tell. Raises `NotAuthenticated`."""
        return self.http.identify_at_once(scope)

    async def by_token(self, token: UsernameToken | None) -> Caller:
        """The caller whose token it is; raises `NotAuthenticated`."""
        if self.tokens is None or token is None:
            raise NotAuthenticated
        return await self.tokens.identify(token)


CHALLENGES = {
    "basic": BASIC_CHALLENGE,
    "username_token": b'WSSE realm="usage-service", profile="UsernameToken"',
    "proxy_certificate": b'Certificate realm="usage-service"',
}


def open_authentication(settings: Settings) -> Authentication | None:
    """The checks of `auth_modes`; None when there are none."""
    modes = set(settings.auth_modes) - {"none"}
    if not modes:
        return None
    callers = AsyncCallers(load_callers(Path(settings.callers_file)))
    proxies = TrustedProxies(settings.proxy_subject_header, settings.trusted_proxies)
    http = HttpCallers(callers, basic="basic" in modes, proxies=proxies if "proxy_certificate" in modes else None)
    fresh = timedelta(seconds=settings.token_seconds)
    nonces = NonceFolder(nonce_folder(settings), seconds=2 * settings.token_seconds)
    challenges = [(b"www-authenticate", CHALLENGES[mode]) for mode in sorted(modes)]
    return Authentication(http, TokenCallers(callers, nonces, fresh) if "username_token" in modes else None, challenges)


def open_rights(settings: Settings) -> Callable[[UsageRecord], None]:
    """Raises `NotAllowed` for records whose principal may not write them: for those that no longer come with proof."""
    callers = load_callers(Path(settings.callers_file)) if set(settings.auth_modes) - {"none"} else None

    def require(record: UsageRecord) -> None:
        if callers is None or record.principal is None:
            return
        caller = callers.named(record.principal)
        if caller is None:
            raise NotAllowed(record.service)
        caller.require(record.service)

    return require


def nonce_folder(settings: Settings) -> Path:
    """Where the workers of this service keep used nonces."""
    private = Path(tempfile.gettempdir()) / f"usage-service-{os.getuid()}-{settings.port}-nonces"
    return Path(settings.nonce_folder) if settings.nonce_folder else private


def require_authentication(settings: Settings) -> None:
    """Raise `ConfigurationError` unless it is clear who may write records."""
    modes = set(settings.auth_modes)
    if not modes and not _is_loopback(settings.bind):
        raise ConfigurationError(
            f"bind = {settings.bind} lets others write records: say in auth_modes how callers prove who they are, "
            'or auth_modes = ["none"] to need no credentials'
        )
    if "none" in modes and len(modes) > 1:
        raise ConfigurationError("auth_modes: none cannot be combined with others")
    if "proxy_certificate" in modes and not settings.trusted_proxies:
        raise ConfigurationError("auth_modes: proxy_certificate needs trusted_proxies")
    if modes - {"none"} and not settings.callers_file:
        raise ConfigurationError(f"auth_modes: {', '.join(sorted(modes))} needs a callers_file")


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
