"""A small application of Call Notification for demonstrations: is notified of calls, and decides about them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from xml.etree import ElementTree

_ANSWER = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    '<l:{name}Response xmlns:l="{namespace}">{result}</l:{name}Response></e:Body></e:Envelope>'
)


class Notified(NamedTuple):
    """One operation that was called."""

    operation: str
    caller: str


@dataclass
class CallApplication:
    """What it was notified, in order, and what it answers when it is asked."""

    notified: list[Notified] = field(default_factory=list)
    action: str = "Continue"
    routing_address: str = ""
    url: str = ""

    def answer(self, body: bytes) -> bytes:
        """Note one operation, and answer it."""
        operation = ElementTree.fromstring(body).find("{http://schemas.xmlsoap.org/soap/envelope/}Body/*")
        if operation is None:
            raise ValueError("the Body is empty")
        namespace, _, name = operation.tag.lstrip("{").partition("}")
        fields = {child.tag.rpartition("}")[2]: child.text or "" for child in operation}
        self.notified.append(Notified(name, fields.get("callingParty") or fields.get("callingParticipant", "")))
        result = f"<l:result>{self._action()}</l:result>" if name.startswith("handle") else ""
        return _ANSWER.format(name=name, namespace=namespace, result=result).encode()

    def _action(self) -> str:
        routing = f"<routingAddress>{self.routing_address}</routingAddress>" if self.action == "Route" else ""
        return f"<actionToPerform>{self.action}</actionToPerform>{routing}"


@contextmanager
def served(application: CallApplication) -> Iterator[None]:
    """The application, reachable at its `url`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            answer = application.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    application.url = f"http://127.0.0.1:{server.server_address[1]}/"
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
