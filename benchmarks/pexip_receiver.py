"""How many events the receiver takes, and how quickly it answers at half the promised rate; see `benchmarks.pexip`.

Events are posted over keep-alive connections from processes of their own, as nodes do: one event at a time on each
connection, the next after the answer.
"""

import asyncio
import json
import tempfile
import time
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from tests.running import RunningService, running
from tests.systems.pexip.service.driving import described
from usage_service.database.database import open_database
from usage_service.systems.pexip.store import PexipInbox

CLIENTS, NODES = 2, 24
"""Posting processes, and connections of each."""
PROMISED_RATE, PROMISED_P99 = 2_000.0, 0.050
"""Events a second that are taken in the long run; seconds in which 99 % are answered at half that rate."""
WARM_UP_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class Answers:
    """How long each answer took, in seconds, the shortest first."""

    name: str
    waits: list[float]
    seconds: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.waits) / self.seconds

    def at(self, share: float) -> float:
        """In how many seconds this share was answered."""
        return self.waits[min(int(len(self.waits) * share), len(self.waits) - 1)]

    def report(self) -> None:
        """One line."""
        p50, p99, worst = (self.at(share) * 1000 for share in (0.5, 0.99, 1))
        print(
            f"{self.name}: {self.rate:,.0f} requests/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms, worst {worst:.0f} ms",
            flush=True,
        )


def body(number: int) -> bytes:
    """One participant event of the usual size."""
    uuid = f"00000000-0000-4000-8000-{number:012x}"
    data = {
        "uuid": uuid, "call_id": uuid, "conversation_id": uuid, "conference": f"Room {number % 500}",
        "service_tag": f"tag-{number % 50}", "call_tag": "", "service_type": "conference", "protocol": "WebRTC",
        "has_media": True, "connect_time": 1772452800.0, "end_time": 1772452860.0, "duration": 60.0,
        "system_location": "Oslo", "media_node": "10.44.0.11", "display_name": "Anna Berg", "role": "chair",
        "source_alias": "anna.berg@example.com", "destination_alias": "meet@example.com", "call_direction": "in",
    }  # fmt: skip
    reported = {"event": "participant_disconnected", "node": f"10.44.0.{number % 4}", "seq": number // 4, "version": 2}
    return json.dumps(reported | {"time": 1772452860.0 + number / 1000, "data": data}).encode()


async def node(port: int, until: float, first: int, pause: float, waits: list[float]) -> None:
    """Post on one connection until it is time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    number = first
    due = time.perf_counter()
    while time.perf_counter() < until:
        event = body(number)
        head = f"POST /pexip/event-sink/main HTTP/1.1\r\nHost: x\r\nContent-Length: {len(event)}\r\n\r\n"
        started = time.perf_counter()
        writer.write(head.encode() + event)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 204"), answer
        waits.append(time.perf_counter() - started)
        number += CLIENTS * NODES
        due += pause
        await asyncio.sleep(max(0.0, due - time.perf_counter()) if pause else 0)
    writer.close()


def client(port: int, seconds: float, first: int, pause: float) -> list[float]:
    """All connections of one process; returns how long each answer took."""
    waits: list[float] = []

    async def all_nodes() -> None:
        until = time.perf_counter() + seconds
        await asyncio.gather(*(node(port, until, first + place * CLIENTS, pause, waits) for place in range(NODES)))

    asyncio.run(all_nodes())
    return waits


def posted(name: str, port: int, seconds: float, first: int, rate: float = 0.0) -> Answers:
    """Answer times at full speed, or at a rate."""
    pause = CLIENTS * NODES / rate if rate else 0.0
    with get_context("spawn").Pool(CLIENTS) as pool:
        jobs = [(port, seconds, first + number, pause) for number in range(CLIENTS)]
        waits = sorted(wait for waits in pool.starmap(client, jobs) for wait in waits)
    return Answers(name=name, waits=waits, seconds=seconds)


def measure_receiver(url: str, seconds: float) -> bool:
    """Both loads and the time to catch up after them; whether the promises were kept."""
    with tempfile.TemporaryDirectory() as folder:
        service = RunningService(url, Path(folder), described(Path(folder)))
        with running(service):
            posted("warm-up", service.port, WARM_UP_SECONDS, 200_000_000, PROMISED_RATE / 2)
            half = posted("receiver, half of 2,000/s", service.port, seconds, 100_000_000, PROMISED_RATE / 2)
            half.report()
            catch_up(url)
            full = posted("receiver, full speed", service.port, seconds, 1)
            full.report()
            catch_up(url)
    return full.rate >= PROMISED_RATE and half.at(0.99) < PROMISED_P99


def catch_up(url: str) -> None:
    """Wait for the worker, and say how long it took."""
    database = open_database(url)
    inbox = PexipInbox(database)
    waiting, started = inbox.length(), time.monotonic()
    while inbox.length():
        time.sleep(0.1)
    print(f"  the worker was {waiting:,} events behind and caught up in {time.monotonic() - started:.1f} s", flush=True)
    database.close()
