"""No client stops the others: connections, unread answers and memory have limits; over raw sockets."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from tests.http.wire import LAST, PATIENCE, START, WHOLE, connect, exchange, rest, statuses
from tests.running import RunningService, running

MEGABYTE = 1_048_576
SETTINGS = {
    "workers": "1",
    "answer_seconds": "2",
    "max_connections": "20",
    "max_connections_per_address": "10",
    "max_pending_bytes": str(4 * MEGABYTE),
    "max_batch_bytes": str(MEGABYTE),
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    folder = tmp_path_factory.mktemp("connections")
    with running(RunningService(f"sqlite:///{folder}/usage.db", folder, SETTINGS)) as service:
        yield service


def connect_from(service: RunningService, address: str) -> socket.socket:
    return socket.create_connection((service.host, service.port), PATIENCE, source_address=(address, 0))


def send_for_ever(connection: socket.socket) -> None:
    while True:  # nothing is read; a reset shows when something is sent
        connection.sendall(b"\r\n")


def test_unread_answers_end_the_connection(service: RunningService) -> None:
    with closing(socket.socket()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.settimeout(PATIENCE)
        connection.connect((service.host, service.port))
        connection.sendall(b"GET /soap/usage-ledger?wsdl HTTP/1.1\r\nHost: localhost\r\n\r\n" * 150)
        with pytest.raises(ConnectionError):
            send_for_ever(connection)


def test_requests_go_before_idle_connections(service: RunningService) -> None:
    with ExitStack() as opened:
        busy = opened.enter_context(closing(connect(service)))
        busy.sendall(WHOLE)
        assert b" 200 " in busy.recv(MEGABYTE)
        for _ in range(30):
            opened.enter_context(closing(connect(service)))
        busy.sendall(LAST)
        assert statuses(rest(busy)) == [200]


def test_one_address_leaves_room_for_others(service: RunningService) -> None:
    with ExitStack() as opened:
        others = [opened.enter_context(closing(connect_from(service, "127.0.0.2"))) for _ in range(5)]
        for _ in range(30):
            opened.enter_context(closing(connect(service)))
        for other in others:
            other.sendall(LAST)
            assert statuses(rest(other)) == [200]


def test_stalled_bodies_make_room(service: RunningService) -> None:
    head = START + b"Content-Length: %d\r\n\r\n" % (MEGABYTE - 1)
    with ExitStack() as opened:
        stalled = [opened.enter_context(closing(connect_from(service, f"127.0.0.{n}"))) for n in range(3, 9)]
        for connection in stalled:
            connection.sendall(head + b" " * (MEGABYTE - 2))
        assert statuses(rest(stalled[0])) == [503]
        assert statuses(exchange(service, LAST)) == [200]


def test_idle_time_is_announced(service: RunningService) -> None:
    assert b"keep-alive: timeout=75\r\n" in exchange(service, LAST)
