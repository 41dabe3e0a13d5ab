"""A storm of retries: many connections send the same keyed records again and again, in random order."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from lxml import etree

from tests.running import RunningService
from tests.soap.envelopes import PLAIN, envelope

CONNECTIONS = 64
TIMES = 5
PATIENCE_SECONDS = 600
HEADER = '<k:idempotencyKey xmlns:k="urn:usage-service:headers:v1">key-{number}</k:idempotencyKey>'
REQUEST = (
    "POST /soap/usage-record HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\n"
)


class TryAgain(Exception):
    """The service says that it could not store the record now: a caller sends it again."""


LOST = OSError, asyncio.IncompleteReadError, TryAgain


@dataclass
class Storm:
    """The sends that are still to be done, and what was answered to those that are done."""

    service: RunningService
    records: int
    replies: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))  # record's number → record ids
    answered: int = 0
    broken: int = 0  # connections that ended without the answer hoped for
    _waiting: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._waiting = [*range(self.records)] * TIMES
        random.shuffle(self._waiting)

    @property
    def sends(self) -> int:
        """How many answers there will be."""
        return self.records * TIMES

    def run(self) -> None:
        """Send until every send has its answer; what was not answered is sent again."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as connections:
            for _ in range(CONNECTIONS):
                connections.create_task(self._keep_sending())

    async def _keep_sending(self) -> None:
        while self._waiting:
            try:
                reader, writer = await asyncio.open_connection(self.service.host, self.service.port)
                try:
                    await self._send_on(reader, writer)
                finally:
                    writer.close()
            except LOST:
                self.broken += 1
                await asyncio.sleep(0.01)

    async def _send_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One send after the other on one connection, until it breaks or nothing is left to do."""
        while self._waiting:
            number = self._waiting.pop()
            try:
                writer.write(request_for(number, self.service.host))
                record_id = record_id_in(await answer(reader))
            except LOST:
                self._waiting.append(number)
                raise
            self.replies[number].append(record_id)
            self.answered += 1


def request_for(number: int, host: str) -> bytes:
    """The whole request for a record, the same each time."""
    children: Sequence[tuple[str, str]] = [("globalTransactionID", str(number)), *PLAIN[1:]]
    body = envelope(children, header=HEADER.format(number=number)).encode()
    return REQUEST.format(host=host, length=len(body)).encode() + body


async def answer(reader: asyncio.StreamReader) -> bytes:
    """The body of an answer that says it was stored. Nothing is wrong with the requests, so no other fault may come."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    body = await reader.readexactly(int(length.partition(b":")[2]))
    if b":Server</faultcode>" in body:
        raise TryAgain
    assert head.startswith(b"HTTP/1.1 200 "), head + body
    return body


def record_id_in(body: bytes) -> str:
    """The id that an answer names."""
    record_id = etree.fromstring(body).findtext(".//{*}recordID")
    assert record_id
    return record_id
