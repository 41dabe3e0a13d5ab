"""Which requests go around ASGI, and that no client can see a difference; over sockets, through uvicorn."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT

from tests.http.wire import PATIENCE, rest, statuses
from usage_service.http.asgi import Answer, OnAnswer, Scope, respond
from usage_service.http.protocol import DirectDispatchProtocol

SHORT, LONG = b"by direct dispatch", b"by ASGI"
START = b"POST /hot HTTP/1.1\r\nHost: localhost\r\n"
LAST = b"Connection: close\r\n"


class App:
    """Says which way a request came, and what its body was."""

    def __init__(self, decide: Callable[[bytes], Answer | None] | None = None) -> None:
        self.direct = {b"/hot": self.answer_directly}
        self.decide = decide or (lambda body: (200, b"text/plain", SHORT + b": " + body))
        self.waiting: list[Callable[[], object]] = []
        self.answered = 0

    def answer_directly(self, scope: Scope, body: bytes, on_answer: OnAnswer) -> None:
        self.answered += 1
        if body.startswith(b"later"):
            loop = asyncio.get_running_loop()
            self.waiting.append(lambda: loop.call_soon_threadsafe(on_answer, self.decide(body)))
        else:
            on_answer(self.decide(body))

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.answered += 1
        await respond(send, 200, LONG + b": " + body, b"text/plain")


@contextmanager
def serving(app: App) -> Iterator[tuple[str, int]]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, http=DirectDispatchProtocol, lifespan="off", log_config=None, ws="none", proxy_headers=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=asyncio.run, args=(server.serve([listener]),))
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    with serving(App()) as address:
        yield address


def exchange(address: tuple[str, int], *parts: bytes) -> bytes:
    with closing(socket.create_connection(address, PATIENCE)) as connection:
        for part in parts:
            connection.sendall(part)
        return rest(connection)


def request(body: bytes, *lines: bytes, start: bytes = START) -> bytes:
    return start + b"".join(lines) + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def test_small_hot_request_is_dispatched_directly(address: tuple[str, int]) -> None:
    answer = exchange(address, request(b"one") + request(b"two", LAST))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"content-type: text/plain\r\n" in head
    assert b"content-length: 23" in head
    assert b"date: " in head
    assert b"connection: close" not in head
    assert body.startswith(SHORT + b": one")
    assert b"connection: close\r\n" in body
    assert answer.endswith(SHORT + b": two")


@pytest.mark.parametrize(
    ("message", "way"),
    [
        pytest.param(request(b"x", LAST), SHORT, id="a plain one"),
        pytest.param(request(b"", LAST), SHORT, id="an empty one"),
        pytest.param(request(b"x", start=b"POST /hot HTTP/1.0\r\n"), SHORT, id="HTTP/1.0"),
        pytest.param(request(b"x" * HIGH_WATER_LIMIT, LAST), SHORT, id="as large as it may be"),
        pytest.param(request(b"x" * (HIGH_WATER_LIMIT + 1), LAST), LONG, id="a larger one"),
        pytest.param(request(b"x", LAST, start=START.replace(b"/hot", b"/cold")), LONG, id="another path"),
        pytest.param(request(b"x", LAST, start=START.replace(b"/hot", b"/hot?a=b")), LONG, id="a query"),
        pytest.param(request(b"x", LAST, start=START.replace(b"POST", b"PUT")), LONG, id="another method"),
        pytest.param(START + LAST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", LONG, id="chunks"),
        pytest.param(request(b"x", LAST, b"Expect: 100-continue\r\n"), LONG, id="a question in front"),
    ],
)
def test_large_or_partial_request_uses_asgi(address: tuple[str, int], message: bytes, way: bytes) -> None:
    body = b"x" if b"chunked" in message else message.rpartition(b"\r\n\r\n")[2]
    answer = exchange(address, message)
    assert statuses(answer)[-1] == 200
    assert answer.endswith(b"\r\n\r\n" + way + b": " + body)


def test_fragmented_body_is_awaited(address: tuple[str, int]) -> None:
    message = request(b"in pieces", LAST)
    assert exchange(address, message[:40], message[40:-4], message[-4:]).endswith(SHORT + b": in pieces")


def test_declined_request_goes_through_asgi() -> None:
    with serving(App(lambda _body: None)) as address:
        answer = exchange(address, request(b"one") + request(b"two", LAST))
    assert statuses(answer) == [200, 200]
    assert LONG + b": one" in answer
    assert answer.endswith(LONG + b": two")


@pytest.mark.parametrize("decline", [True, False], ids=["declined", "answered"])
def test_late_reply_keeps_its_pipeline_position(decline: bool) -> None:
    app = App((lambda _body: None) if decline else None)
    with serving(app) as address, closing(socket.create_connection(address, PATIENCE)) as connection:
        connection.sendall(request(b"later") + request(b"behind", LAST))
        _when_there_is_one(app.waiting)()
        answer = rest(connection)
    assert answer.index(b": later") < answer.index(LONG + b": behind")
    assert statuses(answer) == [200, 200]


@pytest.mark.parametrize("decline", [True, False], ids=["declined", "answered"])
def test_disconnected_client_gets_no_reply(decline: bool, caplog: pytest.LogCaptureFixture) -> None:
    app = App((lambda _body: None) if decline else None)
    with serving(app) as address:
        with closing(socket.create_connection(address, PATIENCE)) as connection:
            connection.sendall(request(b"later"))
        _when_there_is_one(app.waiting)()
        assert exchange(address, request(b"next", LAST)).endswith(b": next")
    assert not caplog.records


def test_unread_replies_do_not_pile_up() -> None:
    answer = b"x" * 6_000
    app = App(lambda _body: (200, b"text/plain", answer))
    with serving(app) as address, closing(socket.create_connection(address, PATIENCE)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        for number in range(3_000):
            connection.sendall(request(b"one"))
            if not _within_a_second(lambda number=number: app.answered > number):
                break
    assert app.answered < 2_000


def test_failing_direct_dispatch_answers_500(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_body: bytes) -> Answer | None:
        raise ZeroDivisionError

    with serving(App(broken)) as address:
        answer = exchange(address, request(b"one") + request(b"two", LAST))
    assert statuses(answer) == [500, 500]
    assert [record.exc_info for record in caplog.records]


def _within_a_second(happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 1
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.0005)
    return happened()


def _when_there_is_one(waiting: list[Callable[[], object]]) -> Callable[[], object]:
    while not waiting:
        time.sleep(0.01)
    return waiting.pop()
