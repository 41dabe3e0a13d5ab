"""HTTP/1.1 as uvicorn speaks it, with direct dispatch around ASGI.

ASGI gives every request a task, and passes its body and its answer as messages: for a small request to a hot path that
costs as much as all the rest. Where the application names a direct dispatch (`AnswerDirectly`) for a path, it gets the
whole request in one call and gives the whole answer in another. Whatever it does not answer goes on as ASGI, and so
does every request that is not small, whole and by itself.
"""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from usage_service.http.asgi import Answer, AnswerDirectly, Scope


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
