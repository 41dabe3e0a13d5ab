"""How quickly the policy server answers 200 requests a second, each with a quota to judge.

python -m benchmarks.pexip_policy DATABASE_URL [seconds]
"""

import asyncio
import sys
import tempfile
import time
from base64 import b64encode
from pathlib import Path

from benchmarks.pexip_receiver import report
from tests.pexip.conftest import POLICY, RULES
from tests.pexip.driving import described
from tests.running import RunningService, running

RATE, CONNECTIONS = 200.0, 20
LOGIN = b64encode(b"policy:secret").decode()


async def asker(port: int, until: float, waits: list[float], place: int) -> None:
    """Ask on one connection until it is time; every request is about another tag in turn."""
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


def main() -> None:
    """Measure."""
    url, seconds = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 20.0
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "policy.toml").write_text(RULES)
        service = RunningService(url, Path(folder), described(Path(folder), policy=POLICY))
        with running(service):
            waits: list[float] = []

            async def all_askers() -> None:
                until = time.perf_counter() + seconds
                await asyncio.gather(*(asker(service.port, until, waits, place) for place in range(CONNECTIONS)))

            asyncio.run(all_askers())
            report("policy", sorted(waits), seconds)


if __name__ == "__main__":
    main()
