"""HTTP/1.1 as uvicorn speaks it, with direct dispatch around ASGI, and the limits that uvicorn leaves to a proxy.

Direct dispatch: ASGI gives every request a task, and passes its body and its answer as messages; for a small request to
a hot path that costs as much as all the rest. Where the application names a direct dispatch (`AnswerDirectly`) for a
path, it gets the whole request in one call and gives the whole answer in another. Whatever it does not answer goes on
as ASGI, and so does every request that is not small, whole and by itself.

Limits:

- A request's head may be only so large (431) and must arrive in time, and so must its body (408).
- A request that arrived whole is answered as what it is, whatever follows it on the connection: uvicorn would answer
  the first of two pipelined requests with the second one's 400.
- A wish to upgrade the protocol is ignored (RFC 9110, 7.8). httptools would skip the body of such a request; Java's
  HttpClient sends one with every first request.
- Trailers stay out of the headers (RFC 9110, 6.5.1): nothing behind a proxy's checks may look like a header.
- Before the process stops, a connection without a request gets a moment for the one that may be on its way.
- A client that does not read its answers is given up. Connections, those of one address, and the bytes of requests in
  hand have a limit each; what waits longest without a whole request makes room for what comes.

Requests pay for none of this with a timer: `Watch` looks at all connections once a second.
"""

import asyncio
import select
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, cast

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from usage_service.http.asgi import Answer, AnswerDirectly, Headers, Scope

SWEEP_SECONDS = 1.0
STOP_SECONDS = 5.0
"""How long, at most, a stopping process waits for the rest of a request."""
LAST_REQUEST_SECONDS = 0.3
"""How long a stopping process keeps a connection for a request that is on its way."""

SLOWEST_READER = 1024
"""Bytes a second; a client that reads less of its answer counts as one that does not read."""

_HEAD, _BODY, _NEXT = "head", "body", "next request"


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpLimits:
    """What one request may take."""

    head_bytes: int
    headers: int
    head_seconds: float
    body_seconds: float
    body_bytes: int  # as sent, chunk sizes and trailers included
    answer_seconds: float  # without a client reading `SLOWEST_READER` bytes a second
    connections: int
    connections_per_address: int
    pending_bytes: int  # of all requests that are not answered


class _Refused(Exception):
    """Leaves the parser's callbacks."""


@dataclass(slots=True)
class Watch:
    """All connections of a process: looked at once a second while there are any, and made to leave room."""

    limits: HttpLimits
    stopping: bool = False
    pending_bytes: int = 0
    _connections: set[Any] = field(default_factory=set)
    _addresses: Counter[str] = field(default_factory=Counter)
    _awake: bool = False

    def opened(self, connection: "LimitedHttpProtocol") -> bool:
        """Count a connection and make room for it; false when all others are busy."""
        self._connections = connection.connections
        self._addresses[connection.address] += 1
        if not self._awake:
            self._sleep(connection.loop)
        if self._addresses[connection.address] > self.limits.connections_per_address:
            return self._make_room(connection, connection.address)
        return len(self._connections) <= self.limits.connections or self._make_room(connection)

    def closed(self, address: str) -> None:
        """Count a connection no more."""
        self._addresses[address] -= 1
        if not self._addresses[address]:
            del self._addresses[address]

    def limit_pending(self) -> None:
        """Give up the request that has waited longest for the rest of its body, when all take too much memory."""
        if self.pending_bytes > self.limits.pending_bytes:
            incomplete = (one for one in self._connections if one.lacks_body)
            slowest = min(incomplete, key=lambda one: one.last_received, default=None)
            if slowest is not None:
                slowest.refuse(503)

    def seconds_for(self, part: str) -> float:
        """How long this part of a request may take."""
        seconds = self.limits.head_seconds if part is _HEAD else self.limits.body_seconds
        return min(seconds, STOP_SECONDS) if self.stopping else seconds

    @property
    def seconds_to_read(self) -> float:
        """How long a client may leave its answers unread."""
        return min(self.limits.answer_seconds, STOP_SECONDS) if self.stopping else self.limits.answer_seconds

    def _make_room(self, newest: "LimitedHttpProtocol", address: str | None = None) -> bool:
        """Close the connection that has been without a request longest; one that never had any goes first."""
        idle = (one for one in self._connections if one.lacks_request and one is not newest)
        candidates = (one for one in idle if address in (None, one.address))
        oldest = min(candidates, key=lambda one: (one.scope is not None, one.last_received), default=None)
        if oldest is None:
            return False
        oldest.transport.abort()
        return True

    def _sleep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._awake = True
        loop.call_later(SWEEP_SECONDS, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._awake = False
        now = loop.time()
        for connection in tuple(self._connections):
            connection.look(now)
        if self._connections:
            self._sleep(loop)


class DirectDispatchProtocol(HttpToolsProtocol):
    """One connection. The application's attribute `direct` has the direct dispatch, by path."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._direct: Mapping[bytes, AnswerDirectly] = getattr(config.loaded_app, "direct", {})
        self._pending_direct: AnswerDirectly | None = None  # for the request whose body is on its way

    def on_headers_complete(self) -> None:
        """Start the request, unless it can wait for its body to take a direct dispatch."""
        self._pending_direct = self._direct.get(self.url) if self._is_small_and_alone() else None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body is whole."""
        super().on_message_complete()
        dispatch, self._pending_direct = self._pending_direct, None
        if dispatch is not None:
            cycle = self.cycle
            try:
                dispatch(cast(Scope, cycle.scope), bytes(cycle.body), partial(self._answer, cycle))
            except Exception:
                self.logger.exception("a direct dispatch failed")
                self._answer(cycle, (500, b"text/plain; charset=utf-8", b"Internal Server Error"))

    def _is_small_and_alone(self) -> bool:
        """Larger bodies and responses left unread need the flow control of ASGI; pipelined requests must wait."""
        return (
            self.parser.get_method() == b"POST"
            and (self.cycle is None or self.cycle.response_complete)
            and not self.expect_100_continue
            and not self.flow.write_paused
            and any(name == b"content-length" and int(value) <= HIGH_WATER_LIMIT for name, value in self.headers)
        )

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if self._pending_direct is None:
            super()._start_asgi_task(cycle, app)

    def _answer(self, cycle: RequestResponseCycle, answer: Answer | None) -> None:
        if cycle.disconnected or cycle.response_complete or self.transport.is_closing():
            return
        if answer is None:
            super()._start_asgi_task(cycle, self.app)
            return
        status, content_type, body = answer
        defaults = b"".join([b"%b: %b\r\n" % header for header in cycle.default_headers])
        close = b"" if cycle.keep_alive else b"connection: close\r\n"
        self.transport.write(
            b"%b%bcontent-type: %b\r\ncontent-length: %d\r\n%b\r\n%b"
            % (STATUS_LINE[status], defaults, content_type, len(body), close, body)
        )
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()


class LimitedHttpProtocol(DirectDispatchProtocol):
    """One connection, held to its limits."""

    STATUS_LINES: ClassVar = {
        status: f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode() for status in (400, 408, 413, 431, 503)
    }

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        watch: Watch,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._watch = watch
        self._limits = watch.limits
        self._received = 0  # bytes since the last whole head
        self._block = 0  # bytes that came together with this head
        self._status = 400  # what to answer when the parser gives up
        self._awaited: tuple[str, Any] | None = None  # the part of a message that was due at the last look
        self._awaited_since = 0.0
        self._idle = False  # answered, and nothing came since
        self._pending = 0  # bytes of what is not answered
        self._unread, self._unread_looks = 0, 0  # bytes of answers that the client has not read; looks without progress
        self.address = ""
        self.last_received = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin, unless there is no room."""
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        if not self._watch.opened(self):
            self.refuse(503)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give back what it took."""
        super().connection_lost(exc)
        self._watch.closed(self.address)
        self._release()

    @property
    def lacks_request(self) -> bool:
        """Whether there is no whole head that waits for its answer."""
        cycle = self.cycle
        return (cycle is None or cycle.response_complete) and not self.transport.is_closing()

    @property
    def lacks_body(self) -> bool:
        """Whether a request is incomplete behind its head."""
        cycle = self.cycle
        return cycle is not None and not cycle.response_complete and cycle.scope is self.scope and cycle.more_body

    def _release(self) -> None:
        self._watch.pending_bytes -= self._pending
        self._pending = 0

    def data_received(self, data: bytes) -> None:
        """Parse what came, and hold what is incomplete against the limits."""
        self._received += len(data)
        self._pending += len(data)
        self._watch.pending_bytes += len(data)
        self.last_received = self.loop.time()
        if self._watch.pending_bytes > self._limits.pending_bytes:
            self._watch.limit_pending()
            if self.transport.is_closing():
                return
        self._block = len(data)
        self._idle = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as stop:
            self._go_on_without_upgrade(data[stop.args[0] :])
        except httptools.HttpParserError:
            self.refuse(self._status)
        else:
            cycle = self.cycle
            if cycle is None or cycle.scope is not self.scope:
                if self._received > self._limits.head_bytes:
                    self.refuse(431)
            elif cycle.more_body and self._received > self._limits.body_bytes:
                self.refuse(413)

    def on_headers_complete(self) -> None:
        """Check the head and start the request."""
        headers, longest = self.headers, self._limits.head_bytes
        may_be_long = self._received > longest or self._block > longest
        if len(headers) > self._limits.headers or (may_be_long and _size(self.url, headers) > longest):
            self._status = 431
            raise _Refused
        names = [name for name, _ in headers]
        version = self.parser.get_http_version()
        if version != "1.0" and (version != "1.1" or names.count(b"host") != 1):
            raise _Refused  # RFC 9112, 3.2: a server must answer 400
        if b"transfer-encoding" in names and not _is_plainly_chunked(headers):
            raise _Refused  # the only coding we know (RFC 9112, 6.1); others hide where a request ends
        self._received = 0
        if self.parser.should_upgrade():
            return
        super().on_headers_complete()
        self.headers = []  # trailers go here
        if self._watch.stopping:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """The body is whole."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with the request behind it, if there is one. uvicorn would set a timer that each request pays for."""
        self.server_state.total_requests += 1
        if not self.pipeline:
            self._release()
        if self.transport.is_closing():
            return
        self._idle = True
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn always hangs up
        """The client has said its last word; true keeps the connection for the answer to it."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete or (cycle.scope is self.scope and cycle.more_body):
            return False
        cycle.keep_alive = False
        return True

    def _go_on_without_upgrade(self, rest: bytes) -> None:
        """Read the same message again as if it had not asked for another protocol."""
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        if method == b"CONNECT":
            self.refuse(400)
            return
        kept = [line for line in self.headers if line[0] not in (b"upgrade", b"connection", b"http2-settings")]
        head = b"%b %b HTTP/%b\r\n" % (method, self.url, version)
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"%b%b\r\n%b" % (head, b"".join(b"%b: %b\r\n" % line for line in kept), rest))

    def refuse(self, status: int) -> None:
        """Answer what was taken, then close; only a message with nothing in front of it gets the status."""
        cycle = self.cycle
        if self.transport.is_closing():
            return
        if cycle is not None and not cycle.response_complete:
            if not (cycle.scope is self.scope and cycle.more_body):
                cycle.keep_alive = False
                self.flow.pause_reading()
                return
            if self.pipeline:  # its turn has not come: let the ones before it be answered
                cycle.keep_alive = False
                self.pipeline[0] = (cycle, partial(_refuse_in_turn, status))
                return
        if cycle is None or cycle.response_complete or not cycle.response_started:
            self.transport.write(self.STATUS_LINES[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    def look(self, now: float) -> None:
        """Give up a request whose next part does not come, and a client that does not read."""
        unread = self.transport.get_write_buffer_size()
        is_stalled = unread > max(0, self._unread - SLOWEST_READER)
        self._unread, self._unread_looks = unread, self._unread_looks + 1 if is_stalled else 0
        if self._unread_looks * SWEEP_SECONDS > self._watch.seconds_to_read:
            self.transport.abort()
            return
        due = self._due()
        if due is None:
            self._awaited = None
        elif self._awaited is None or self._awaited[0] is not due[0] or self._awaited[1] is not due[1]:
            self._awaited, self._awaited_since = due, now
        elif now - self._awaited_since >= self._seconds_for(due[0]):
            cycle = self.cycle
            if self.scope is None or (cycle is not None and cycle.scope is self.scope and cycle.response_complete):
                self.transport.close()  # nothing was asked
            else:
                self.refuse(408)

    def _due(self) -> tuple[str, Any] | None:
        """The part of a message that the client has to send now, if it is the client's turn."""
        cycle = self.cycle
        if self.flow.read_paused:
            return None
        if cycle is None or cycle.scope is not self.scope:
            return (_HEAD, self.scope) if cycle is None or cycle.response_complete else None
        if not cycle.response_complete:
            return (_BODY, self.scope) if cycle.more_body else None
        return (_NEXT if self._idle else _BODY), self.scope

    def _seconds_for(self, part: str) -> float:
        return self.timeout_keep_alive if part is _NEXT else self._watch.seconds_for(part)

    def shutdown(self) -> None:
        """The process stops: the request that is here, or on its way, is the last."""
        self._watch.stopping = True
        if self.cycle is None or self.cycle.response_complete:
            self.loop.call_later(LAST_REQUEST_SECONDS, self._close_unless_busy)
        else:
            self.cycle.keep_alive = False

    def _close_unless_busy(self) -> None:
        if self.transport.is_closing() or not (self.cycle is None or self.cycle.response_complete):
            return
        if self.scope is not None and (self.cycle is None or self.cycle.scope is not self.scope):
            return  # in the middle of a head; `look` has an eye on it
        if _has_unread(self.transport.get_extra_info("socket").fileno()):
            self.loop.call_later(LAST_REQUEST_SECONDS, self._close_unless_busy)
        else:
            self.transport.close()


def _size(target: bytes, headers: Headers) -> int:
    return len(target) + sum(len(name) + len(value) + 4 for name, value in headers)


def _is_plainly_chunked(headers: Headers) -> bool:
    return [value.lower() for name, value in headers if name == b"transfer-encoding"] == [b"chunked"]


def _has_unread(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


async def _refuse_in_turn(status: int, _scope: Any, _receive: Any, send: Any) -> None:
    headers = [(b"content-length", b"0"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
