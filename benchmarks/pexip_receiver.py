"""How many events the receiver takes, and how quickly it answers at half that rate.

    python -m benchmarks.pexip_receiver DATABASE_URL [seconds]

Starts the service as its own processes on the database (which it fills), posts events over keep-alive connections from
processes of their own, as nodes do: one event at a time on each connection, the next after the answer.
"""

import asyncio
import json
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

from tests.pexip.driving import described
from tests.running import RunningService, running
from usage_service.store.database import open_database
from usage_service.store.pexip_inbox import PexipInbox

CLIENTS, NODES = 2, 24
"""Posting processes, and connections of each."""


def body(number: int) -> bytes:
    """One participant event of the usual size."""
    uuid = f"00000000-0000-4000-8000-{number:012x}"
    data = {
        "uuid": uuid, "call_id": uuid, "conversation_id": uuid, "conference": f"Room {number % 500}",
        "service_tag": f"tag-{number % 50}", "call_tag": "", "service_type": "conference", "protocol": "WebRTC",
        "has_media": True, "connect_time": 1772452800.0, "end_time": 1772452860.0, "duration": 60.0,
        "system_location": "Oslo", "media_node": "10.44.0.11", "display_name": "Somebody", "role": "chair",
        "source_alias": "somebody@example.com", "destination_alias": "meet@example.com", "call_direction": "in",
    }  # fmt: skip
    told = {"event": "participant_disconnected", "node": f"10.44.0.{number % 4}", "seq": number, "version": 2}
    return json.dumps(told | {"time": 1772452860.0 + number / 1000, "data": data}).encode()


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


def measured(port: int, seconds: float, first: int, rate: float = 0.0) -> list[float]:
    """Answer times at full speed, or at a rate."""
    pause = CLIENTS * NODES / rate if rate else 0.0
    with get_context("spawn").Pool(CLIENTS) as pool:
        jobs = [(port, seconds, first + number, pause) for number in range(CLIENTS)]
        return sorted(wait for waits in pool.starmap(client, jobs) for wait in waits)


def report(name: str, waits: list[float], seconds: float) -> None:
    """One line."""
    p50, p99 = (waits[int(len(waits) * share)] * 1000 for share in (0.5, 0.99))
    rate, worst = len(waits) / seconds, waits[-1] * 1000
    print(f"{name}: {rate:,.0f} requests/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms, worst {worst:.0f} ms", flush=True)


def main() -> None:
    """Measure."""
    url, seconds = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 20.0
    with tempfile.TemporaryDirectory() as folder:
        service = RunningService(url, Path(folder), described(Path(folder)))
        with running(service):
            full = measured(service.port, seconds, 1)
            report("full speed", full, seconds)
            report("half of 2,000/s", measured(service.port, seconds, 100_000_000, 1_000.0), seconds)
            database = open_database(url)
            waiting, started = PexipInbox(database).length(), time.monotonic()
            while PexipInbox(database).length():
                time.sleep(0.1)
            spent = time.monotonic() - started
            print(f"the worker was {waiting:,} events behind and caught up in {spent:.1f} s")
            database.close()


if __name__ == "__main__":
    main()
