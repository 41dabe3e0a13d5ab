"""HTTP under attack, over raw sockets: lengths that lie, chunks that break, clients that vanish or dawdle."""

import contextlib
import socket
import struct
from collections.abc import Iterator

import pytest

from tests.hostile.answers import Answer, is_one_of, leaks, outcome
from tests.hostile.corpus import RawCase, load_raw, plain_record, plain_request
from tests.hostile.ledger import Ledger
from tests.hostile.wire import ask_raw
from tests.running import RunningService

RAW = list(load_raw())
LIMIT = 1024 * 1024
START = b"POST /soap/usage-record HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nConnection: close\r\n"
CHUNKED = START + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("case", RAW, ids=[case.name for case in RAW])
def test_message_answered_correctly_without_extra_records(
    case: RawCase, service: RunningService, ledger: Ledger
) -> None:
    answers = ask_raw(service, case.message, hang_up=case.hang_up)
    found = [outcome(answer) for answer in answers]
    first, second = [*found, "none", "none"][:2] if found else ("closed", "none")
    if not is_one_of(first, case.answers):
        pytest.fail(f"{case.why}: answered {found}, not {' or '.join(case.answers)}")
    if case.then and not is_one_of(second, case.then):
        pytest.fail(f"{case.why}: answered {found}, the second not with {' or '.join(case.then)}")
    assert "stored" not in found[1:] or "stored" in case.then
    assert ledger.news() == [plain_record()] * found.count("stored")
    assert [leak for answer in answers for leak in leaks(answer)] == []


@pytest.mark.usefixtures("unharmed")
def test_oversized_chunked_body_gets_413(service: RunningService, ledger: Ledger) -> None:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    body = plain_request()
    message = CHUNKED + b"%x\r\n%s\r\n" % (len(body), body) + chunk * (LIMIT // 65_536) + b"0\r\n\r\n"
    assert _outcomes(ask_raw(service, message)) == ["413"]
    assert ledger.news() == []


@pytest.mark.usefixtures("unharmed")
def test_endless_chunked_body_is_rejected_early(service: RunningService, ledger: Ledger) -> None:
    message = CHUNKED + (b"10000\r\n" + b" " * 65_536 + b"\r\n") * 64
    assert _outcomes(ask_raw(service, message)) in (["413"], [])
    assert ledger.news() == []


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize(
    "headers",
    [b"X-Long: " + b"a" * LIMIT + b"\r\n", b"".join(b"X-%d: a\r\n" % n for n in range(50_000)), b"X" * LIMIT],
    ids=["one header of a mebibyte", "fifty thousand headers", "a header line that never ends"],
)
def test_endless_headers_are_refused(headers: bytes, service: RunningService, ledger: Ledger) -> None:
    body = plain_request()
    message = START + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body
    assert _outcomes(ask_raw(service, message, hang_up=True)) in (["431"], ["400"], [])
    assert ledger.news() == []


@pytest.mark.usefixtures("unharmed")
def test_an_endless_request_target_is_refused(service: RunningService, ledger: Ledger) -> None:
    message = START.replace(b"usage-record", b"u" * LIMIT) + b"Content-Length: 0\r\n\r\n"
    assert _outcomes(ask_raw(service, message, hang_up=True)) in (["414"], ["431"], ["400"], ["404"], [])
    assert ledger.news() == []


@pytest.mark.usefixtures("unharmed")
def test_expect_100_continue_is_honoured(service: RunningService, ledger: Ledger) -> None:
    body = plain_request()
    with _connected(service) as connection:
        connection.sendall(START + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
        assert connection.recv(65_536).startswith(b"HTTP/1.1 100")
        connection.sendall(body)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
    assert ledger.news() == [plain_record()]


@pytest.mark.usefixtures("unharmed")
def test_body_sent_bytewise_is_stored_once(service: RunningService, ledger: Ledger) -> None:
    body = plain_request()
    with _connected(service) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in START + b"Content-Length: %d\r\n\r\n" % len(body) + body:
            connection.sendall(bytes((byte,)))
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
    assert ledger.news() == [plain_record()]


@pytest.mark.usefixtures("unharmed")
def test_client_reset_in_body_leaves_nothing(service: RunningService, ledger: Ledger) -> None:
    body = plain_request()
    for _ in range(20):
        with _connected(service) as connection:
            connection.sendall(START + b"Content-Length: %d\r\n\r\n" % len(body) + body[:-1])
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert ledger.news() == []


@pytest.mark.usefixtures("unharmed")
def test_dawdlers_keep_nobody_else_waiting(service: RunningService, ledger: Ledger) -> None:
    body = plain_request()
    whole = START + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with contextlib.ExitStack() as stack:
        dawdlers = [stack.enter_context(_connected(service)) for _ in range(200)]
        for position, connection in enumerate(dawdlers):
            connection.sendall(whole[: 1 + position * (len(whole) - 2) // len(dawdlers)])
        assert _outcomes(ask_raw(service, whole)) == ["stored"]
    assert ledger.news() == [plain_record()]


@pytest.mark.usefixtures("unharmed")
def test_fifty_pipelined_calls_answered_in_order(service: RunningService, ledger: Ledger) -> None:
    body = plain_request()
    kept_open = START.replace(b"Connection: close\r\n", b"") + b"Content-Length: %d\r\n\r\n" % len(body) + body
    last = START + b"Content-Length: %d\r\n\r\n" % len(body) + body
    assert _outcomes(ask_raw(service, kept_open * 49 + last)) == ["stored"] * 50
    assert ledger.news() == [plain_record()] * 50


@contextlib.contextmanager
def _connected(service: RunningService) -> Iterator[socket.socket]:
    with socket.create_connection((service.host, service.port), timeout=20) as connection:
        yield connection


def _outcomes(answers: list[Answer]) -> list[str]:
    return [outcome(answer) for answer in answers]
