"""Serving a WSGI application on a free port of this machine, for as long as a `with` block lasts."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server


class Silent(WSGIRequestHandler):
    def log_message(self, *words: object) -> None:
        """Say nothing on the terminal."""


@contextmanager
def served(application: Any) -> Iterator[str]:
    with make_server("127.0.0.1", 0, application, handler_class=Silent) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
