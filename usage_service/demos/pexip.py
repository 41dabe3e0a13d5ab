"""A day of a Pexip Infinity deployment, with a bad network, recorded to the second.

Starts the service as its own processes on a temporary SQLite file, lets a stand-in for the platform post its events
while every tenth gets lost, reconciles with the platform's history, and compares with what really took place.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from usage_service.demos.pexip_standin.manager import Manager
from usage_service.demos.pexip_standin.publisher import Faults, publishers
from usage_service.demos.pexip_standin.script import BEGIN, Author
from usage_service.demos.pexip_standin.serving import served
from usage_service.demos.pexip_standin.telling import tell

DESCRIPTION = """deployment = "demo"

[sinks.main]
secret = "demo"

[manager]
url = "{manager}"
username = "admin"
password = "secret"
reconcile_minutes = 0
"""
START_SECONDS = 60


def main() -> None:
    """Show it."""
    script = Author(7).script(40, tags=4)
    with TemporaryDirectory() as folder, served(Manager(script, script.end)) as manager:
        description = Path(folder) / "pexip.toml"
        description.write_text(DESCRIPTION.format(manager=manager))
        environment = {
            **os.environ,
            "USAGE_SERVICE_DATABASE": f"sqlite:///{folder}/usage.db",
            "USAGE_SERVICE_PEXIP": str(description),
            "USAGE_SERVICE_LOG_LEVEL": "error",
        }
        with _service(environment) as url:
            sink = f"{url}/pexip/event-sink/main?secret=demo"
            session = requests.Session()
            network = Faults(
                lambda body: session.post(sink, data=body, timeout=7).status_code, 7, loss=0.1, repeat=0.05, reorder=0.1
            )
            print(f"{len(script.meetings)} conferences on 4 nodes post their events; the network loses some …")
            for node in publishers(tell(script), network):
                node.start(BEGIN - timedelta(seconds=1))
                node.run(script.end + timedelta(days=365))
            network.release()
            print(f"… {network.lost} of them. Usage by service tag from events alone:\n")
            _run(environment, "process")
            _run(environment, "usage", "--period", "2026-03")
            print("Now compared with the platform's history (usage-service pexip reconcile):\n")
            _run(environment, "reconcile", "--since", BEGIN.isoformat())
            _run(environment, "usage", "--period", "2026-03")
            print("What really took place:")
            for tag, seconds in sorted(script.seconds_by_tag().items(), key=lambda item: -item[1]):
                print(f"  {tag}  {seconds}")
            print("\nBy location:\n")
            _run(environment, "usage", "--by", "location", "--period", "2026-03")


@contextmanager
def _service(environment: dict[str, str]) -> Iterator[str]:
    """The service on a free port, stopped afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "usage_service", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment)
    try:
        _wait(f"http://127.0.0.1:{port}/health/ready")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise SystemExit("the service did not start")


def _run(environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "-m", "usage_service", "pexip", *arguments]
    subprocess.run(command, env=environment, check=True)
    print()


if __name__ == "__main__":
    main()
