"""How quickly the policy server answers 200 requests a second, each with a quota to judge; see `benchmarks.pexip`."""

import asyncio
import tempfile
import time
from base64 import b64encode
from pathlib import Path

from benchmarks.pexip_receiver import WARM_UP_SECONDS, Answers
from tests.running import RunningService, running
from tests.systems.pexip.service.conftest import POLICY, RULES
from tests.systems.pexip.service.driving import described

RATE, CONNECTIONS = 200.0, 20
PROMISED_P99 = 0.020
"""Seconds in which 99 % are answered."""
LOGIN = b64encode(b"policy:secret").decode()


async def asker(port: int, until: float, waits: list[float], place: int) -> None:
    """Ask on one connection until it is time; every request is about another participant."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    number, due = place, time.perf_counter() + place / RATE
    while time.perf_counter() < until:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        due += CONNECTIONS / RATE
        query = f"service_tag=acme&call_uuid={number}&participant_uuid={number}&remote_alias=sip:a@b&location=Oslo"
        head = (
            f"GET /pexip/policy/v1/participant/properties?{query} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {LOGIN}"
        )
        started = time.perf_counter()
        writer.write(f"{head}\r\n\r\n".encode())
        answer = await reader.readuntil(b"}")
        assert answer.startswith(b"HTTP/1.1 200"), answer
        waits.append(time.perf_counter() - started)
        number += CONNECTIONS
    writer.close()


def asked(port: int, seconds: float) -> list[float]:
    """How long each answer took, all connections together."""
    waits: list[float] = []

    async def all_askers() -> None:
        until = time.perf_counter() + seconds
        await asyncio.gather(*(asker(port, until, waits, place) for place in range(CONNECTIONS)))

    asyncio.run(all_askers())
    return waits


def measure_policy(url: str, seconds: float) -> bool:
    """Answer times at the rate; whether the promise was kept."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "policy.toml").write_text(RULES)
        service = RunningService(url, Path(folder), described(Path(folder), policy=POLICY))
        with running(service):
            asked(service.port, WARM_UP_SECONDS)
            waits = asked(service.port, seconds)
    answers = Answers(name="policy, 200/s", waits=sorted(waits), seconds=seconds)
    answers.report()
    return answers.at(0.99) < PROMISED_P99
