"""Running the service: production HTTP server, several worker processes, graceful stop.

uvicorn (httptools, uvloop) was chosen by measurement; see docs/performance.md.
"""

import logging
import os
import resource
import select
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, cast

import uvicorn
from uvicorn.supervisors import Multiprocess

from usage_service.background import BackgroundProcess
from usage_service.errors import ConfigurationError
from usage_service.http.protocol import HttpLimits, LimitedHttpProtocol, Watch
from usage_service.settings import LoadedSettings, Settings, as_environment

log = logging.getLogger(__name__)

GRACE_SECONDS = 15

START_SECONDS = 20
"""How long a worker may be silent before it is replaced.

One that still starts is silent too, on a busy machine for longer than uvicorn's five seconds: it would be replaced for
ever.
"""

HANDSHAKE_SECONDS = 1.0
"""How long a stopping service goes on accepting while connections wait to be accepted."""

RESERVED_DESCRIPTORS = 64
"""What a worker needs besides its clients' connections: database, files, pipes."""
MOST_DESCRIPTORS = 65_536

LARGEST_OVERHEAD = 16
"""How many times its content a chunked body may be long, and what we read of a body that is too large."""


def serve(loaded: LoadedSettings, worker_app: str, background: Sequence[Callable[[], None]]) -> None:
    """Serve until stopped (SIGTERM, SIGINT); requests that were taken are answered first.

    `worker_app` is the name of what makes a worker's application, `background` what runs in processes beside them.
    """
    settings = loaded.settings
    listener = bound_listener(settings)
    os.environ.update(as_environment(loaded))
    config = uvicorn.Config(
        worker_app,
        factory=True,
        host=settings.bind,
        port=settings.port,
        workers=settings.workers,
        loop="usage_service.http.accepting:EvenLoop",
        http=cast(Any, partial(LimitedHttpProtocol, watch=Watch(http_limits(settings)))),
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        headers=[("keep-alive", f"timeout={settings.idle_seconds}")],
        timeout_keep_alive=settings.idle_seconds,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=START_SECONDS,
    )
    background_processes = [BackgroundProcess(work) for work in background]
    log.info("listening on http://%s:%d", settings.bind, settings.port)
    Supervisor(config, [listener], background_processes).run()


def bound_listener(settings: Settings) -> socket.socket:
    """The socket that all workers accept from; raises `ConfigurationError` when the address cannot be had."""
    listener = socket.socket(socket.AF_INET6 if ":" in settings.bind else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.bind, settings.port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"cannot listen on {settings.bind} port {settings.port}: {error.strerror}; "
            "choose others with --bind and --port"
        ) from error
    listener.set_inheritable(True)
    return listener


def http_limits(settings: Settings) -> HttpLimits:
    """The limits of the HTTP server."""
    return HttpLimits(
        head_bytes=settings.max_header_bytes,
        headers=settings.max_headers,
        head_seconds=settings.header_seconds,
        body_seconds=settings.body_seconds,
        body_bytes=settings.max_body_bytes * LARGEST_OVERHEAD,
        answer_seconds=settings.answer_seconds,
        connections=max(1, min(settings.max_connections, _descriptors() - RESERVED_DESCRIPTORS)),
        connections_per_address=settings.max_connections_per_address,
        pending_bytes=max(settings.max_pending_bytes, settings.max_batch_bytes),
    )


def _descriptors() -> int:
    """How many files and connections a process may have open: as many as the system lets it ask for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, MOST_DESCRIPTORS) if hard != resource.RLIM_INFINITY else MOST_DESCRIPTORS
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)


class Supervisor(Multiprocess):
    """Starts the workers, restarts those that die, and stops them without losing a connection."""

    def __init__(
        self, config: uvicorn.Config, sockets: list[socket.socket], background_processes: Sequence[BackgroundProcess]
    ) -> None:
        super().__init__(config, sockets)
        self._background_processes = background_processes

    def init_processes(self) -> None:
        """The workers, and what runs beside them."""
        super().init_processes()
        for process in self._background_processes:
            process.start()

    def keep_subprocess_alive(self) -> None:
        """All of them."""
        super().keep_subprocess_alive()
        if not self.should_exit.is_set():
            for process in self._background_processes:
                process.keep_alive()

    def join_all(self) -> None:
        """When the workers have stored what they took, the background_processes end too."""
        super().join_all()
        for process in self._background_processes:
            process.stop()

    def terminate_all(self) -> None:
        """First no new connections, then the workers."""
        for listener in self.sockets:
            stop_listening(listener)
        super().terminate_all()


def stop_listening(listener: socket.socket) -> None:
    """Let the workers accept what waits, then stop in the same moment.

    Closing would not do: a connection that waits to be accepted would be reset, and with it a request that its client
    had sent in good faith.
    """
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    deadline = time.monotonic() + HANDSHAKE_SECONDS
    while waiting.poll(0) and time.monotonic() < deadline:
        time.sleep(0.001)
    with suppress(OSError):  # systems other than Linux do not let go of a listener like this
        listener.shutdown(socket.SHUT_RDWR)
