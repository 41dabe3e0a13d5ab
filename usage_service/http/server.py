"""Running the service: production HTTP server, several worker processes, graceful stop.

uvicorn (httptools, uvloop) was chosen by measurement; see docs/performance.md.
"""

import gc
import os
import select
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from typing import Any, cast

import uvicorn
from uvicorn.supervisors import Multiprocess

from usage_service.app import build_app
from usage_service.background import Companion
from usage_service.errors import ConfigurationError
from usage_service.http.asgi import AsgiApp
from usage_service.http.protocol import HttpLimits, LimitedHttpProtocol, Watch
from usage_service.ledger.system import open_store
from usage_service.logs import log_to_stderr
from usage_service.settings import LoadedSettings, Settings, as_environment, load_settings
from usage_service.systems.pexip.system import run_pexip_worker
from usage_service.wiring.admission import open_admission

SWITCH_INTERVAL_SECONDS = 1e-4
"""How long one thread keeps the interpreter: the writer must not wait 5 ms for the event loop's turn to end."""

GC_THRESHOLDS = 20_000, 20, 20
"""Requests leave no circles behind: looking for them after every 700 new objects only costs a twelfth of the time."""

GRACE_SECONDS = 15

START_SECONDS = 20
"""How long a worker may be silent before it is replaced.

One that still starts is silent too, on a busy machine for longer than uvicorn's five seconds: it would be replaced for
ever.
"""

HANDSHAKE_SECONDS = 1.0
"""How long a stopping service goes on accepting while connections wait to be accepted."""

LARGEST_OVERHEAD = 16
"""How many times its content a chunked body may be long, and what we read of a body that is too large."""


def serve(loaded: LoadedSettings) -> None:
    """Serve until told to stop (SIGTERM, SIGINT); requests that were taken are answered first."""
    settings = loaded.settings
    log_to_stderr(settings.log_level)
    require_admission(settings)
    open_admission(settings)
    open_store(settings).close()  # a wrong schema is one clear error here, not one in each worker
    os.environ.update(as_environment(loaded))
    config = uvicorn.Config(
        "usage_service.http.server:worker_app",
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
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=START_SECONDS,
    )
    companions = [Companion(run_pexip_worker)] if settings.pexip else []
    Supervisor(config, [config.bind_socket()], companions).run()


def require_admission(settings: Settings) -> None:
    """Raise `ConfigurationError` unless it is clear who may write records."""
    modes = set(settings.auth_modes)
    if not modes and not _is_loopback(settings.bind):
        raise ConfigurationError(
            f"bind = {settings.bind} lets others write records: say in auth_modes how callers prove who they are, "
            'or auth_modes = ["none"] to let everybody in'
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


def http_limits(settings: Settings) -> HttpLimits:
    """The limits of the HTTP server."""
    return HttpLimits(
        head_bytes=settings.max_header_bytes,
        headers=settings.max_headers,
        head_seconds=settings.header_seconds,
        body_seconds=settings.body_seconds,
        body_bytes=settings.max_body_bytes * LARGEST_OVERHEAD,
    )


class Supervisor(Multiprocess):
    """Starts the workers, restarts those that die, and stops them without losing a connection."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], companions: Sequence[Companion]) -> None:
        super().__init__(config, sockets)
        self._companions = companions

    def init_processes(self) -> None:
        """The workers, and what runs beside them."""
        super().init_processes()
        for companion in self._companions:
            companion.start()

    def keep_subprocess_alive(self) -> None:
        """All of them."""
        super().keep_subprocess_alive()
        if not self.should_exit.is_set():
            for companion in self._companions:
                companion.keep_alive()

    def join_all(self) -> None:
        """When the workers have stored what they took, the companions end too."""
        super().join_all()
        for companion in self._companions:
            companion.stop()

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


def worker_app() -> AsgiApp:
    """What each worker process runs."""
    settings = load_settings().settings
    log_to_stderr(settings.log_level)
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    app = build_app(settings)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    return app
