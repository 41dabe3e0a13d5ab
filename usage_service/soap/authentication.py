"""Who may come in: HTTP is asked first, before the body is read, then the SOAP header.

The wiring of authentication: who may call, checked in the ways that `auth_modes` names.
"""

import os
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from usage_service.auth.callers import Caller, load_callers
from usage_service.auth.http import AsyncCallers, HttpCallers, TrustedProxies
from usage_service.errors import ConfigurationError, NotAuthenticated
from usage_service.http.asgi import Headers, Scope
from usage_service.settings import Settings
from usage_service.soap.username_token import NonceFolder, TokenCallers


@dataclass(frozen=True, slots=True)
class Authentication:
    """The ways in that are open. `challenges` are sent with every 401 (RFC 9110, 11.6.1)."""

    http: HttpCallers
    tokens: TokenCallers | None
    challenges: Headers

    async def by_http(self, scope: Scope) -> Caller | None:
        """The caller; None when only the SOAP header can tell. Raises `NotAuthenticated`."""
        caller = await self.http.identify(scope)
        if caller is None and self.tokens is None:
            raise NotAuthenticated
        return caller

    def at_once(self, scope: Scope) -> Caller | None:
        """The caller by HTTP; None when it takes longer to tell. Raises `NotAuthenticated`."""
        return self.http.identify_at_once(scope)

    async def by_token(self, body: bytes, content_type: str | None) -> Caller:
        """The caller that the SOAP header proves; raises `NotAuthenticated` or `Unreadable`."""
        if self.tokens is None:
            raise NotAuthenticated
        return await self.tokens.identify(body, content_type)


CHALLENGES = {
    "basic": b'Basic realm="usage-service", charset="UTF-8"',
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
