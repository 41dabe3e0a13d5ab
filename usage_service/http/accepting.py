"""Accepting connections one at a time, so that the workers come to equal shares.

uvloop, like libuv, accepts all that wait whenever it looks: of clients that connect together, the worker that wakes
first gets most, and with kept-alive connections that stays so. With one at a time, the next worker has its chance, and
the busier one comes back later.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from errno import EMFILE, ENFILE, ENOBUFS, ENOMEM
from typing import Any

import uvloop

PAUSE_SECONDS = 1.0
"""How long nothing is accepted when the system has no room for another connection."""

_NO_ROOM = {EMFILE, ENFILE, ENOBUFS, ENOMEM}

log = logging.getLogger(__name__)


class EvenLoop(uvloop.Loop):
    """uvloop, but for listening sockets that are shared with other processes."""

    async def create_server(self, protocol_factory: Any, *arguments: Any, **options: Any) -> Any:
        """Serve on a socket, if one is given, without taking more than one connection at a time."""
        listener = options.get("sock")
        if listener is None or options.get("ssl") is not None:
            return await super().create_server(protocol_factory, *arguments, **options)
        listener.listen(options.get("backlog", socket.SOMAXCONN))
        return Acceptor(self, listener, protocol_factory)


class Acceptor:
    """What accepts connections on one listening socket."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, listener: socket.socket, make_protocol: Callable[[], asyncio.Protocol]
    ) -> None:
        self._loop = loop
        self._listener = listener
        self._make_protocol = make_protocol
        self._opening: set[asyncio.Task[Any]] = set()
        self._closed = False
        listener.setblocking(False)
        self._resume()

    def close(self) -> None:
        """Accept nothing more."""
        self._closed = True
        self._loop.remove_reader(self._listener)

    async def wait_closed(self) -> None:
        """Wait for connections that are being opened."""
        while self._opening:
            await asyncio.wait(self._opening)

    def _resume(self) -> None:
        if not self._closed:
            self._loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another worker was faster, or the client has gone
        except OSError as error:
            self._loop.remove_reader(self._listener)
            if error.errno in _NO_ROOM:
                log.warning("no connection can be accepted for a moment: %s", error)
                self._loop.call_later(PAUSE_SECONDS, self._resume)
            return  # anything else means that the socket no longer listens
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = self._loop.create_task(self._loop.connect_accepted_socket(self._make_protocol, connection))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)
