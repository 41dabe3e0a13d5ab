"""What the HTTP server puts up with, over raw sockets against the running service."""

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from tests.http.wire import LAST, LENGTH, PATIENCE, RECORD, START, WHOLE, connect, exchange, rest, statuses
from tests.running import RunningService, running

SETTINGS = {
    "header_seconds": "1",
    "body_seconds": "2",
    "max_header_bytes": "8192",
    "max_headers": "50",
    "idle_seconds": "2",
}
CHUNKED = START + b"Transfer-Encoding: chunked\r\n\r\n"
UPGRADE = START + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" + LENGTH + b"\r\n" + RECORD
LIMIT = 1_048_576


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    folder = tmp_path_factory.mktemp("limits")
    with running(RunningService(f"sqlite:///{folder}/usage.db", folder, SETTINGS)) as service:
        yield service


@pytest.fixture
def stored(service: RunningService) -> Callable[[], int]:
    """How many records were stored since the test began."""
    before = len(service.records())
    return lambda: len(service.records()) - before


def with_header(line: bytes) -> bytes:
    return START + line + LENGTH + b"Connection: close\r\n\r\n" + RECORD


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(LAST, id="a plain one"),
        pytest.param(LAST.replace(b"HTTP/1.1", b"HTTP/1.0"), id="HTTP/1.0, as Axis 1.4 speaks it"),
        pytest.param(LAST.replace(b"HTTP/1.1\r\nHost: localhost", b"HTTP/1.0"), id="HTTP/1.0 without Host"),
        pytest.param(LAST.replace(b" /soap", b" http://localhost:8080/soap"), id="an absolute target"),
        pytest.param(UPGRADE + LAST, id="a wish for HTTP/2, then a plain one"),
        pytest.param(b"\r\n" + LAST, id="an empty line in front"),
        pytest.param(LAST + b"\r\n", id="an empty line behind"),
        pytest.param(LAST + b"rubbish", id="rubbish behind"),
    ],
)
def test_a_whole_request_is_stored(service: RunningService, stored: Callable[[], int], message: bytes) -> None:
    answered = statuses(exchange(service, message))
    assert set(answered) == {200}
    assert stored() == len(answered) == message.count(RECORD)


@pytest.mark.parametrize(
    ("message", "status"),
    [
        pytest.param(WHOLE.replace(b"Host: localhost\r\n", b""), 400, id="no Host"),
        pytest.param(with_header(b"Host: elsewhere\r\n"), 400, id="two Hosts"),
        pytest.param(with_header(LENGTH), 400, id="two lengths"),
        pytest.param(with_header(b"Transfer-Encoding: chunked\r\n"), 400, id="a length and chunks"),
        pytest.param(with_header(b"Transfer-Encoding: gzip, chunked\r\n").replace(LENGTH, b""), 400, id="gzip"),
        pytest.param(CHUNKED + b"zz\r\n" + RECORD, 400, id="a bad chunk size"),
        pytest.param(WHOLE.replace(b"HTTP/1.1", b"HTTP/2.0"), 400, id="HTTP/2.0"),
        pytest.param(b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, id="CONNECT"),
        pytest.param(with_header(b"X-Long: " + b"a" * 8_192 + b"\r\n"), 431, id="a long header"),
        pytest.param(START + b"X-Endless: " + b"a" * 300_000, 431, id="a header without end"),
        pytest.param(with_header(b"X-Many: a\r\n" * 51), 431, id="many headers"),
        pytest.param(LAST.replace(b"usage-record", b"u" * 8_192), 431, id="a long target"),
        pytest.param(START + LENGTH, 408, id="half a head"),
        pytest.param(b"P", 408, id="one byte"),
        pytest.param(WHOLE[:-1], 408, id="a length too long"),
        pytest.param(CHUNKED + b"3\r\nabc\r\n", 408, id="chunks without end"),
    ],
)
def test_bad_request_rejected_and_connection_closed(
    service: RunningService, stored: Callable[[], int], message: bytes, status: int
) -> None:
    assert statuses(exchange(service, message)) == [status]
    assert stored() == 0


def test_too_short_length_is_rejected_once(service: RunningService, stored: Callable[[], int]) -> None:
    short = WHOLE.replace(LENGTH, b"Content-Length: %d\r\n" % (len(RECORD) - 10))
    assert statuses(exchange(service, short)) == [500]
    assert stored() == 0


def test_silent_connection_is_closed(service: RunningService) -> None:
    assert exchange(service) == b""


def test_idle_connection_closed_after_reply(service: RunningService) -> None:
    with closing(connect(service)) as connection:
        connection.sendall(WHOLE)
        answer = connection.recv(65_536)
        answered = time.monotonic()
        assert rest(connection) == b""
    assert statuses(answer) == [200]
    assert 1 < time.monotonic() - answered < PATIENCE / 2


def test_trickling_bytes_do_not_extend_timeout(service: RunningService) -> None:
    with closing(connect(service)) as connection:
        connection.settimeout(0.2)
        answer = b""
        for byte in (START + b"X-Long: " + b"a" * 500)[:150]:
            try:
                connection.sendall(bytes((byte,)))
                answer = connection.recv(65_536)
                break
            except TimeoutError:
                continue
    assert statuses(answer) == [408]


def test_oversized_chunks_answered_while_being_sent(service: RunningService, stored: Callable[[], int]) -> None:
    block = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    answer = exchange(service, CHUNKED, block * (2 * LIMIT // 65_536), b"0\r\n\r\n")
    assert statuses(answer) == [413]
    assert b"UREC0006E" in answer
    assert stored() == 0


def test_large_body_rejected_by_its_length(service: RunningService) -> None:
    head = START + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % (LIMIT + 1)
    assert statuses(exchange(service, head)) == [413]


def test_expect_100_continue_is_answered(service: RunningService) -> None:
    with closing(connect(service)) as connection:
        connection.sendall(START + LENGTH + b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
        assert statuses(connection.recv(65_536)) == [100]
        connection.sendall(RECORD)
        assert statuses(rest(connection)) == [200]


def test_pipelined_requests_are_answered_in_order(service: RunningService, stored: Callable[[], int]) -> None:
    live = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = exchange(service, WHOLE + live + LAST)
    assert statuses(answer) == [200, 200, 200]
    assert answer.count(b"<u:writeUsageRecordResponse") == 2
    assert answer.index(b"recordID") < answer.index(b'"live"') < answer.rindex(b"recordID")
    assert stored() == 2


@pytest.mark.parametrize(
    "broken", [b"rubbish", with_header(b"X: " + b"a" * 9_000 + b"\r\n"), WHOLE.replace(b"Host", b"Ghost")]
)
def test_accepted_request_unaffected_by_following_garbage(
    service: RunningService, stored: Callable[[], int], broken: bytes
) -> None:
    assert statuses(exchange(service, WHOLE + broken)) == [200]
    assert stored() == 1


def test_broken_body_rejected_after_accepted_request(service: RunningService, stored: Callable[[], int]) -> None:
    assert statuses(exchange(service, WHOLE + CHUNKED + b"zz\r\n")) == [200, 400]
    assert stored() == 1


def test_half_closed_client_gets_its_reply(service: RunningService, stored: Callable[[], int]) -> None:
    with closing(connect(service)) as connection:
        connection.sendall(WHOLE)
        connection.shutdown(socket.SHUT_WR)
        assert statuses(rest(connection)) == [200]
    assert stored() == 1


def test_client_leaving_midway_leaves_nothing(service: RunningService, stored: Callable[[], int]) -> None:
    with closing(connect(service)) as connection:
        connection.sendall(WHOLE[:-1])
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert statuses(exchange(service, LAST)) == [200]
    assert stored() == 1


def test_a_trailer_is_not_a_header(service: RunningService, stored: Callable[[], int]) -> None:
    body = b"%x\r\n%b\r\n0\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\r\n" % (len(RECORD), RECORD)
    with closing(connect(service)) as connection:
        connection.sendall(CHUNKED + body)
        assert statuses(connection.recv(65_536)) == [200]
    assert stored() == 1


@pytest.mark.parametrize("method", [b"HEAD", b"OPTIONS", b"PUT", b"DELETE"])
def test_other_methods_are_not_allowed(service: RunningService, method: bytes) -> None:
    answer = exchange(service, LAST.replace(b"POST", method))
    assert statuses(answer) == [405]
    assert b"allow: GET, HEAD, POST" in answer
