"""Which endpoints of applications we call: an application must not make us call our own network.

See OWASP, Server-Side Request Forgery Prevention Cheat Sheet.

Calling applications: CallNotification and CallDirection over SOAP, in the version each subscribed with.
"""

import re
import socket
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from zeep import exceptions as zeep_errors

from usage_service.client.contract import operations
from usage_service.client.trust import Trust
from usage_service.errors import ConfigurationError, ServiceError
from usage_service.systems.call_notification.addresses import bare_uri
from usage_service.systems.call_notification.delivering import Answer, NotDelivered, Notification, Unavailable
from usage_service.systems.call_notification.events import NAMES, CallEvent
from usage_service.systems.call_notification.versions import CallbackVersion, SubscriptionKind

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


TRY_LATER = (404, 429, 502, 503, 504)
"""What is tried again after, besides endpoints that cannot be reached: 404 and 503 as TWSS's PX Notification component
did, and what proxies answer while the application behind them restarts or has too much to do."""

MAX_ANSWER_BYTES = 64 * 1024
"""Longest answer that is read; a real one has a few hundred bytes."""

ANSWER_SECONDS = 10.0
"""How long one may take when no time limit is set."""

_SERVICE = "http://www.csapi.org/wsdl/parlayx"
_CONTRACTS = {
    (SubscriptionKind.NOTIFICATION, CallbackVersion.V2_2): ("2.1/parlayx_call_notification_service_2_2", "v2_2"),
    (SubscriptionKind.NOTIFICATION, CallbackVersion.V3_2): ("3.0/parlayx_call_notification_service_3_2", "v3_2"),
    (SubscriptionKind.NOTIFICATION, CallbackVersion.V3_8): ("3.8/parlayx_call_notification_service_3_8", "v3_8"),
    (SubscriptionKind.DIRECTION, CallbackVersion.V2_2): ("2.1/parlayx_call_direction_service_2_2", "v2_2"),
    (SubscriptionKind.DIRECTION, CallbackVersion.V3_2): ("3.0/parlayx_call_direction_service_3_2", "v3_2"),
    # CallDirection was never numbered 3_8.
    (SubscriptionKind.DIRECTION, CallbackVersion.V3_8): ("3.0/parlayx_call_direction_service_3_2", "v3_2"),
}
_PORT_TYPES = {SubscriptionKind.NOTIFICATION: "CallNotification", SubscriptionKind.DIRECTION: "CallDirection"}


class SoapApplications:
    """The way to the applications. Threads share it; each has its own connections."""

    def __init__(
        self,
        guard: EndpointGuard,
        *,
        notify_timeout: float,
        ask_timeout: float,
        px21_send_correlator: bool = True,
        trust: Trust | None = None,
    ) -> None:
        """Time limits in seconds, for connecting and for the answer.

        Parlay X 2.1 as it was published is not clear about the correlator; applications are known with and without.
        """
        self._guard = guard
        self._timeouts = {SubscriptionKind.NOTIFICATION: notify_timeout, SubscriptionKind.DIRECTION: ask_timeout}
        self._px21_send_correlator = px21_send_correlator
        self._trust = trust or Trust()
        self._own = threading.local()

    def notify(self, notification: Notification) -> None:
        """One notify… operation; raises `Unavailable` or `NotDelivered`.

        Whatever comes with a 2xx status but a fault means that the application has taken the notice: these operations
        return nothing, and stacks answer them with 202 or 204, an empty body, or one that is no SOAP.
        """
        fields = self._fields(notification)
        if notification.event is CallEvent.DISCONNECTED:
            fields["eventNotified"] = {"callEvent": notification.event.value}
        self._call(SubscriptionKind.NOTIFICATION, notification, NAMES[notification.event].notify, fields)

    def ask(self, notification: Notification) -> Answer:
        """One handle… operation; raises `NotDelivered`. A fault of the application's is one too."""
        operation = NAMES[notification.event].handle
        if operation is None:
            raise NotDelivered(f"{notification.event.value} cannot be directed")
        action = self._call(SubscriptionKind.DIRECTION, notification, operation, self._fields(notification))
        return Answer(str(getattr(action, "actionToPerform", "")), getattr(action, "routingAddress", None))

    def _call(self, kind: SubscriptionKind, notification: Notification, operation: str, fields: dict[str, Any]) -> Any:
        if not self._guard.allows(notification.endpoint):
            raise NotDelivered("the endpoint is not one that may be called")
        self._own.status = 0
        try:
            return getattr(self._service(kind, notification), operation)(**fields)
        except zeep_errors.Fault as error:
            raise NotDelivered(f"the application answered with a fault: {error.message}"[:500]) from error
        except (requests.ConnectionError, requests.Timeout) as error:
            raise Unavailable(f"the application cannot be reached: {type(error).__name__}") from error
        except ServiceError:
            raise
        except Exception as error:  # foreign bytes: no library here promises which errors they can cause
            if kind is SubscriptionKind.NOTIFICATION and 200 <= self._own.status < 300:
                return None
            raise NotDelivered(f"the application's answer is invalid: {type(error).__name__}") from error

    def _fields(self, notification: Notification) -> dict[str, Any]:
        caller, called = bare_uri(notification.caller), bare_uri(notification.called)
        if notification.callback.has_session_identifier:
            return {
                "correlator": notification.correlator,
                "callingParticipant": caller,
                "calledParticipant": called,
                "callSessionIdentifier": notification.session,
            }
        parties = {"callingParty": caller, "calledParty": called}
        return {"correlator": notification.correlator, **parties} if self._px21_send_correlator else parties

    def _service(self, kind: SubscriptionKind, notification: Notification) -> Any:
        """The operations at one endpoint: cheap, the contracts were read once."""
        file, version = _CONTRACTS[kind, notification.callback]
        binding = f"{{{_SERVICE}/{kind.value}/{version}/service}}{_PORT_TYPES[kind]}Binding"
        return operations(
            f"parlayx/{file}.wsdl",
            binding,
            notification.endpoint,
            timeout=self._timeouts[kind],
            session=self._session(),
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = requests.Session()
            session.trust_env = False  # no proxies or passwords of our environment for strangers
            session.verify, session.cert = self._trust.authorities, self._trust.certificate
            session.max_redirects = 0
            for scheme in ("http://", "https://"):
                session.mount(scheme, BoundedAnswers())
            session.hooks["response"].append(self._check_available)
        return session

    def _check_available(self, response: requests.Response, *_arguments: Any, **_options: Any) -> None:
        self._own.status = response.status_code
        if response.status_code in TRY_LATER:
            raise Unavailable(f"the application answered with HTTP {response.status_code}")


class BoundedAnswers(HTTPAdapter):
    """Reads so much of an answer and no more: an application must not fill our memory, nor hold us by dripping."""

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        """The whole answer; raises `NotDelivered` when it is too long, `Unavailable` when it takes too long."""
        response = super().send(request, *arguments, **{**options, "stream": True})
        timeout = options.get("timeout")
        seconds = max(timeout) if isinstance(timeout, tuple) else timeout
        try:
            # What requests itself would have put there.
            content = _read(response, time.monotonic() + (seconds or ANSWER_SECONDS))
            response._content = _readable(content, response.headers.get("Content-Type", ""))
            response._content_consumed = True
        except BaseException:
            response.close()
            raise
        return response


def _read(response: requests.Response, until: float) -> bytes:
    content = bytearray()
    try:
        while piece := response.raw.read1(64 * 1024, decode_content=True):
            content += piece
            if len(content) > MAX_ANSWER_BYTES:
                raise NotDelivered(f"the application's answer is longer than {MAX_ANSWER_BYTES} bytes")
            if time.monotonic() > until:
                raise Unavailable("the application's answer takes too long")
    except HTTPError as error:
        raise requests.ConnectionError(error) from error
    return bytes(content)


def _readable(content: bytes, content_type: str) -> bytes:
    """The same for a parser: without blanks in front, and in UTF-8 where only the HTTP header names the charset."""
    content = content.lstrip()
    charset = re.search(r"charset=[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
    if charset and content and not content.startswith((b"<?xml", b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe")):
        try:
            return content.decode(charset[1]).encode()
        except (LookupError, UnicodeDecodeError):
            return content
    return content
