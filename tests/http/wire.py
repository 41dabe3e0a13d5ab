"""Talking HTTP by hand."""

import re
import socket
from contextlib import closing, suppress
from pathlib import Path

from tests.running import RunningService

RECORD = (Path(__file__).parent / "data" / "record.xml").read_bytes()
START = b"POST /soap/usage-record HTTP/1.1\r\nHost: localhost\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(RECORD)
WHOLE = START + LENGTH + b"\r\n" + RECORD
LAST = START + LENGTH + b"Connection: close\r\n\r\n" + RECORD
PATIENCE = 20  # seconds; only a connection that is wrongly kept open takes that long


def connect(service: RunningService) -> socket.socket:
    """A connection to the service."""
    return socket.create_connection((service.host, service.port), timeout=PATIENCE)


def rest(connection: socket.socket) -> bytes:
    """Everything until the service closes; fails if it does not."""
    received = bytearray()
    with suppress(ConnectionError):
        while block := connection.recv(65_536):
            received += block
    return bytes(received)


def exchange(service: RunningService, *parts: bytes) -> bytes:
    """Send these bytes and return all that comes back until the service closes."""
    with closing(connect(service)) as connection:
        with suppress(ConnectionError):  # an early refusal may be waiting all the same
            for part in parts:
                connection.sendall(part)
        return rest(connection)


def statuses(received: bytes) -> list[int]:
    """The status of every answer."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]
