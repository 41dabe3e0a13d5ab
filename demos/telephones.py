"""A telephone network on the loopback interface for demonstrations: Kamailio as we ship it, and sipp as phones.

Runs in a source tree: the proxy's configuration is in deploy/kamailio, the phones play the scenarios beside it.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demos.ports import LOOPBACK, reserved_port

ROOT = Path(__file__).parents[1]
CONFIGURATION = ROOT / "deploy" / "kamailio" / "kamailio.cfg"
SCENARIOS = ROOT / "demos" / "sipp"
START_SECONDS, CALL_SECONDS = 20, 15


def missing_programs() -> list[str]:
    """What must be installed first."""
    return [program for program in ("kamailio", "sipp") if shutil.which(program) is None]


@contextmanager
def proxy(folder: Path, service_url: str, token: str) -> Iterator[int]:
    """A Kamailio that reports to the service and asks it; gives its SIP port. Rings for 1.5 s only."""
    port = reserved_port()
    limits = ["-A", "RING_TIMEOUT=1500", "-A", "RESPONSE_TIMEOUT=1500"]
    listening = ["-l", f"udp:{LOOPBACK}:{port}", "-m", "32", "-Y", str(folder), "-w", str(folder)]
    variables = {
        "CALL_EVENTS_URL": f"{service_url}/call-events",
        "CALL_DIRECTION_URL": f"{service_url}/call-direction",
        "CALL_EVENTS_TOKEN": token,
        "CALL_EVENTS_NODE": "demo",
    }
    with (folder / "kamailio.log").open("wb") as log:
        process = subprocess.Popen(
            ["kamailio", "-DD", "-E", "-f", str(CONFIGURATION), *limits, *listening],
            env={**os.environ, **variables},
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_taken(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


@dataclass(frozen=True, slots=True)
class Phone:
    """A sipp that plays one scenario once."""

    port: int
    process: subprocess.Popen[bytes]

    def saw_what_it_should(self) -> bool:
        """Whether every message of its scenario came, and no other."""
        return self.process.wait(CALL_SECONDS + 5) == 0


def answering_phone(folder: Path, scenario: str, code: int = 0) -> Phone:
    """A phone that waits for one call."""
    phone = _start(folder, scenario, code, [])
    _wait_until_taken(phone.port)
    return phone


def calling_phone(folder: Path, scenario: str, *, via: int, to: int, code: int = 0) -> Phone:
    """A phone that calls +4682222, who is at the port `to`."""
    return _start(folder, scenario, code, [f"{LOOPBACK}:{to}", "-rsa", f"{LOOPBACK}:{via}", "-s", "+4682222"])


def _start(folder: Path, scenario: str, code: int, arguments: list[str]) -> Phone:
    port = reserved_port()
    played = folder / f"{scenario}-{port}.xml"
    played.write_text((SCENARIOS / f"{scenario}.xml").read_text().replace("@CODE@", str(code)))
    own = ["-sf", str(played), "-i", LOOPBACK, "-p", str(port), "-m", "1", "-nostdin", "-cp", str(reserved_port())]
    process = subprocess.Popen(
        ["sipp", *arguments, *own, "-timeout", str(CALL_SECONDS), "-timeout_error"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return Phone(port, process)


def _wait_until_taken(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port}")
