"""The event sink receiver: `POST /pexip/event-sink/{sink}`. Stores the body, says 204, and looks at nothing.

A node sends its events one by one. An error answer blocks its whole queue, and after the longest back-off its publisher
stops for good (Pexip Infinity documentation, "Using event sinks"). So nothing about the content is ever refused: 401 is
for authentication, 503 for a store that takes nothing, and everything else is 204.
"""

import logging
from collections.abc import Awaitable, Mapping
from typing import Protocol

from usage_service.auth.credentials import BASIC_CHALLENGE, has_login, has_query_secret
from usage_service.errors import UsageServiceError
from usage_service.http.asgi import ClientGone, Receive, Scope, Send, respond
from usage_service.systems.pexip.deployment import Sink

PREFIX = "/pexip/event-sink/"
LONGEST_BODY = 16 * 1024 * 1024
"""Bytes kept of a body; of a longer one the beginning is kept, and rejected afterwards."""
RETRY_SECONDS = b"1"

log = logging.getLogger(__name__)


class Store(Protocol):
    """Stores a body durably; raises `UsageServiceError` when it cannot."""

    def __call__(self, sink: str, caller_address: str | None, body: bytes) -> Awaitable[None]: ...


class Receiver:
    """One ASGI application for all sinks of a deployment."""

    def __init__(self, sinks: Mapping[str, Sink], store: Store) -> None:
        self._sinks = sinks
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request."""
        name = scope["path"].removeprefix(PREFIX).strip("/")
        sink = self._sinks.get(name)
        if sink is None or not _may_report(scope, sink):
            await respond(send, 401, b"", b"text/plain", ((b"www-authenticate", BASIC_CHALLENGE),))
        elif scope["method"] != "POST":
            await respond(send, 405, b"", b"text/plain", ((b"allow", b"POST"),))
        else:
            await self._take(name, scope, receive, send)

    async def _take(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _read(receive)
            await self._store(name, _address(scope), body)
        except ClientGone:
            return
        except UsageServiceError as error:
            log.warning("an event could not be stored: %s", error)
            await respond(send, 503, b"", b"text/plain", ((b"retry-after", RETRY_SECONDS),))
        else:
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})


def _may_report(scope: Scope, sink: Sink) -> bool:
    """Whether a request carries what is configured; an empty secret or user name asks for nothing."""
    return (not sink.secret or has_query_secret(scope, sink.secret)) and (
        not sink.username or has_login(scope, sink.username, sink.password)
    )


async def _read(receive: Receive) -> bytes:
    """The body, or as much of it as is kept; raises `ClientGone`."""
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")[: LONGEST_BODY - size]
        size += len(chunk)
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


def _address(scope: Scope) -> str | None:
    client = scope.get("client")
    return client[0] if client else None
