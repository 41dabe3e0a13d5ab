"""A reserved port belongs to the program it was reserved for."""

import socket
from contextlib import closing

import pytest

from demos.ports import LOOPBACK, reserved_port


def test_a_reserved_port_refuses_clients() -> None:
    with closing(socket.socket()) as client, pytest.raises(ConnectionRefusedError):
        client.connect((LOOPBACK, reserved_port()))


def test_a_server_listens_beside_its_reservation() -> None:
    port = reserved_port()
    for _ in range(2):  # and again when it has stopped
        with socket.create_server((LOOPBACK, port)), closing(socket.socket()) as client:
            client.connect((LOOPBACK, port))


def test_no_other_reservation_gets_the_port() -> None:
    port = reserved_port()
    with closing(socket.socket()) as other, pytest.raises(OSError, match="in use"):
        other.bind((LOOPBACK, port))
