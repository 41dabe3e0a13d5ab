"""An HTTP server in threads of its own, for applications that take what the service sends."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from demos.ports import LOOPBACK

XML, JSON = "text/xml; charset=utf-8", "application/json"


class Post(NamedTuple):
    """A request."""

    path: str
    headers: Message
    body: bytes


class Server(ThreadingHTTPServer):
    """Silent about clients that have gone: they stop, or do not wait any longer, whenever they like."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print every other error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def served(answer: Callable[[Post], tuple[int, bytes]], *, port: int = 0, content_type: str = XML) -> Iterator[str]:
    """Answer every POST with a status and a body; gives the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, content = answer(Post(self.path, self.headers, body))
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            """Print nothing."""

    with Server((LOOPBACK, port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
