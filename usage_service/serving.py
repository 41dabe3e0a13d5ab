"""Running the service: production HTTP server, several worker processes, graceful stop.

uvicorn (httptools, uvloop) was chosen by measurement; see docs/performance.md.
"""

import gc
import os
import sys

import uvicorn

from usage_service.asgi import AsgiApp
from usage_service.logs import log_to_stderr
from usage_service.settings import LoadedSettings, as_environment, load_settings
from usage_service.wiring import build_app, open_store

SWITCH_INTERVAL_SECONDS = 1e-4
"""How long one thread keeps the interpreter: the writer must not wait 5 ms for the event loop's turn to end."""

GRACE_SECONDS = 15


def serve(loaded: LoadedSettings) -> None:
    """Serve until told to stop (SIGTERM, SIGINT); requests that were taken are answered first."""
    settings = loaded.settings
    log_to_stderr(settings.log_level)
    open_store(settings).close()  # a wrong schema is one clear error here, not one in each worker
    os.environ.update(as_environment(loaded))
    uvicorn.run(
        "usage_service.serving:worker_app",
        factory=True,
        host=settings.bind,
        port=settings.port,
        workers=settings.workers,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def worker_app() -> AsgiApp:
    """What each worker process runs."""
    settings = load_settings().settings
    log_to_stderr(settings.log_level)
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    app = build_app(settings)
    gc.collect()
    gc.freeze()
    return app
