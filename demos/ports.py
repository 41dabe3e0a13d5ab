"""Ports of the loopback interface for programs that must be given a number."""

import secrets
import socket
from contextlib import suppress
from pathlib import Path

LOOPBACK = "127.0.0.1"
LOWEST, HIGHEST = 10_000, 65_535
DYNAMIC = 49_152, 65_535
"""What RFC 6335, section 6, leaves to clients, where the system does not say otherwise."""

_reservations: list[socket.socket] = []
"""Open for as long as the process lives: the end of it gives the ports back."""


def reserved_port() -> int:
    """A port for a program that listens on TCP or UDP, kept for it until this process ends.

    A TCP socket that is bound and does not listen stands for the port: clients are refused as if nothing were there.
    It is bound exclusively, so that one process of the machine gets the port; then SO_REUSEADDR lets the program, which
    sets it too as servers do, bind beside it (socket(7)). UDP programs do not set it: for them the system keeps the
    port from clients, and this socket from every other that reserves one.
    """
    for port in secrets.SystemRandom().sample(_outside_the_clients_range(), k=1_000):
        reservation = socket.socket()
        with suppress(OSError), socket.socket(type=socket.SOCK_DGRAM) as udp:
            reservation.bind((LOOPBACK, port))
            udp.bind((LOOPBACK, port))
            reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            _reservations.append(reservation)
            return port
        reservation.close()
    raise OSError(f"a thousand ports of {LOOPBACK} are taken")


def _outside_the_clients_range() -> list[int]:
    """The ports that the system gives to no client."""
    first, last = DYNAMIC
    with suppress(FileNotFoundError):
        first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    return [port for port in range(LOWEST, HIGHEST + 1) if not first <= port <= last]
