"""Sending requests, good and bad: one connection each, so that one case cannot spoil the next."""

import contextlib
import socket
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse
from io import BytesIO
from typing import Protocol

from tests.hostile.answers import Answer
from tests.hostile.corpus import Case

ANSWER_WITHIN = 20  # seconds; only a service that hangs takes that long
SILENCE = 0.3  # seconds without a byte, after which a client that hangs up stops waiting


class Place(Protocol):
    """Where a service listens."""

    host: str
    port: int


def ask(place: Place, case: Case) -> Answer | None:
    """Send one HTTP request; None if the connection ends without an answer."""
    connection = HTTPConnection(place.host, place.port, timeout=ANSWER_WITHIN)
    with contextlib.closing(connection):
        try:
            _send(connection, case)
            return _answer(connection.getresponse())
        except (ConnectionError, HTTPException):
            return None


def ask_raw(place: Place, message: bytes, *, hang_up: bool = False) -> list[Answer]:
    """Send bytes as they are; every answer that comes back until the connection ends."""
    with socket.create_connection((place.host, place.port), timeout=ANSWER_WITHIN) as connection:
        received = bytearray()
        with contextlib.suppress(ConnectionError):
            connection.sendall(message)
            if hang_up:
                connection.settimeout(SILENCE)
            with contextlib.suppress(TimeoutError):
                while block := connection.recv(65_536):
                    received += block
    return _answers(bytes(received))


def _send(connection: HTTPConnection, case: Case) -> None:
    connection.putrequest(case.method, case.path, skip_accept_encoding=True)
    for name, value in case.headers.items():
        connection.putheader(name, value)
    if case.body or case.method not in {"GET", "HEAD", "DELETE"}:
        connection.putheader("Content-Length", str(len(case.body)))
    connection.endheaders()
    with contextlib.suppress(ConnectionError):  # an early refusal may be waiting all the same
        connection.send(case.body)


class _Bytes:
    """As much of a socket as HTTPResponse needs, over bytes received earlier."""

    def __init__(self, received: bytes) -> None:
        self.stream = _Unclosed(received)

    def makefile(self, _mode: str) -> BytesIO:
        return self.stream


class _Unclosed(BytesIO):
    """Stays open when a response is done with it: the next one starts there."""

    def close(self) -> None:
        """Nothing."""


def _answers(received: bytes) -> list[Answer]:
    connection = _Bytes(received)
    answers = []
    while connection.stream.tell() < len(received):
        response = HTTPResponse(connection)  # type: ignore[arg-type]  # a socket's only method used here is there
        try:
            response.begin()
            answers.append(_answer(response))
        except HTTPException:
            break
    return answers


def _answer(response: HTTPResponse) -> Answer:
    headers: Mapping[str, str] = {name.lower(): value for name, value in response.getheaders()}
    return Answer(status=response.status, headers=headers, body=response.read())
