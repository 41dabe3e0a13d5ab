"""Which endpoints of applications we call: an application must not make us call our own network.

See OWASP, Server-Side Request Forgery Prevention Cheat Sheet.
"""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from usage_service.errors import ConfigurationError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class EndpointPattern:
    """`https://*.example.com:8443/calls/`: scheme, host with `*`, port (`*`: any; none: its own), start of the path."""

    scheme: str
    host: str
    port: str
    path: str

    def matches(self, parts: SplitResult) -> bool:
        """Whether an endpoint is one of these."""
        port = str(parts.port or _PORTS[parts.scheme])
        same_place = parts.scheme == self.scheme and fnmatchcase((parts.hostname or "").lower(), self.host)
        return same_place and self.port in ("*", port) and (parts.path or "/").startswith(self.path)


class EndpointGuard:
    """With patterns: what matches one is allowed. Without: whatever is reached at public addresses only."""

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        self._patterns = [endpoint_pattern(pattern) for pattern in patterns]

    def allows(self, endpoint: str) -> bool:
        """Whether we may call it, as things are now: names are looked up each time."""
        try:
            parts = urlsplit(endpoint)
            usable = (
                parts.scheme in _PORTS and bool(parts.hostname) and parts.username is None and ".." not in parts.path
            )
            if not usable:
                return False
            if self._patterns:
                return any(pattern.matches(parts) for pattern in self._patterns)
            return _is_public(parts.hostname or "", parts.port or _PORTS[parts.scheme])
        except ValueError:
            return False


def endpoint_pattern(text: str) -> EndpointPattern:
    """A pattern of a setting; raises `ConfigurationError`."""
    scheme, separator, rest = text.partition("://")
    place, _, path = rest.partition("/")
    host, colon, port = place.rpartition(":") if not place.endswith("]") else (place, "", "")
    if not colon:
        host, port = place, str(_PORTS.get(scheme, ""))
    if not separator or scheme not in _PORTS or not host:
        raise ConfigurationError(f"{text!r} is not a pattern such as https://*.example.com:8443/calls/")
    return EndpointPattern(scheme, host.strip("[]").lower(), port, f"/{path.rstrip('*')}")


def _is_public(host: str, port: int) -> bool:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return all(ip_address(address[4][0]).is_global for address in found)
