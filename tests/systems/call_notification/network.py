"""A telephone network on the loopback interface: a real Kamailio, real SIP phones (sipp), an HTTP endpoint.

Every port is reserved, every process belongs to a context manager that ends it, and nothing is
written outside the directory given; so it runs as any user and any number of times at once.
"""

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from demos.http_application import JSON, Post, served
from demos.ports import LOOPBACK, reserved_port
from tests.running import kill_group

CONFIGURATION = Path(__file__).parents[3] / "deploy" / "kamailio" / "kamailio.cfg"
SCENARIOS = Path(__file__).parents[3] / "demos" / "sipp"
TOKEN = "a token of the tests"
WITH_US = ["setpriv", "--pdeathsig", "TERM"]
"""Starts a process that ends when the tests do, even when they are killed."""
PATIENCE = 20.0
"""Seconds after which something that should happen has not happened."""

Event = dict[str, Any]
Decide = Callable[[Event], dict[str, Any]]


def until(condition: Callable[[], bool], what: Callable[[], str]) -> None:
    """Waits for a condition, and fails by name when it does not come true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what()}"
        time.sleep(0.02)


class Endpoint:
    """What the usage service looks like to Kamailio: takes events, answers questions."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.questions: list[Event] = []
        self.unauthorised = 0
        self.refuse = 0  # so many batches of events are refused with 503 before one is taken
        self.decide: Decide = lambda question: {"action": "Continue"}
        self.lock = threading.Lock()

    def kinds(self) -> list[tuple[str, int, int]]:
        """(kind, code, leg) of every event so far, in the order they happened."""
        with self.lock:
            unique = {(event["epoch"], event["sequence"]): event for event in self.events}
        in_order = sorted(unique.values(), key=lambda event: event["sequence"])
        return [(event["kind"], event["code"], event["leg"]) for event in in_order]

    def receive(self, path: str, token: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if token != f"Bearer {TOKEN}":
            self.unauthorised += 1
            return 401, {}
        document = json.loads(body)
        if path == "/direction":
            self.questions.append(document)
            return 200, self.decide(document)
        with self.lock:
            if self.refuse:
                self.refuse -= 1
                return 503, {}
            self.events.extend(document["events"])
        return 200, {}


@contextmanager
def serving(endpoint: Endpoint, port: int = 0) -> Iterator[str]:
    """The endpoint's base URL, while it is served."""

    def answer(post: Post) -> tuple[int, bytes]:
        status, document = endpoint.receive(post.path, post.headers.get("Authorization", ""), post.body)
        return status, json.dumps(document).encode()

    with served(answer, port=port, content_type=JSON) as url:
        yield url


@contextmanager
def running(
    command: list[str], log: Path, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process and all its children, ended by process group when the block is left."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*WITH_US, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
            cwd=log.parent,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            kill_group(process)
            process.wait()


@contextmanager
def proxy(
    directory: Path,
    endpoint_url: str,
    *,
    ask: bool = False,
    paths: tuple[str, str] = ("/events", "/direction"),
    **parameters: int,
) -> Iterator[int]:
    """A Kamailio with our configuration; gives its SIP port once it answers."""
    port = reserved_port()
    log = directory / "kamailio.log"
    defines = [f"-A{name}={value}" for name, value in parameters.items()]
    command = ["kamailio", "-DD", "-E", "-f", str(CONFIGURATION), "-l", f"udp:{LOOPBACK}:{port}"]
    memory = ["-m", "32", "-Y", str(directory), "-w", str(directory)]
    environment = {
        "CALL_EVENTS_URL": endpoint_url + paths[0],
        "CALL_DIRECTION_URL": endpoint_url + paths[1] if ask else "",
        "CALL_EVENTS_TOKEN": TOKEN,
        "CALL_EVENTS_NODE": "as1",
    }
    with running(command + memory + defines, log, environment) as process:
        until(lambda: process.poll() is not None or _answers(port), lambda: f"Kamailio: {log.read_text()}")
        assert process.poll() is None, log.read_text()
        yield port


def _answers(port: int) -> bool:
    """Whether a SIP element on that port refuses an OPTIONS request that has no hops left."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind((LOOPBACK, 0))
        phone.settimeout(0.2)
        phone.sendto(_request("OPTIONS", phone, port, f"probe{time.monotonic_ns()}", hops=0), (LOOPBACK, port))
        try:
            return phone.recv(4096).startswith(b"SIP/2.0 483")
        except OSError:
            return False


def invite(port: int, call_id: str) -> None:
    """Sends one INVITE, for a phone that is not there, and looks at no answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind((LOOPBACK, 0))
        phone.sendto(_request("INVITE", phone, reserved_port(), call_id), (LOOPBACK, port))


def _request(method: str, phone: socket.socket, to: int, call_id: str, hops: int = 70) -> bytes:
    own = f"{LOOPBACK}:{phone.getsockname()[1]}"
    lines = [
        f"{method} sip:{LOOPBACK}:{to} SIP/2.0",
        f"Via: SIP/2.0/UDP {own};branch=z9hG4bK{time.monotonic_ns()}",
        f"From: <sip:probe@{own}>;tag=probe",
        f"To: <sip:{LOOPBACK}:{to}>",
        f"Call-ID: {call_id}",
        f"CSeq: 1 {method}",
        f"Contact: <sip:probe@{own}>",
        f"Max-Forwards: {hops}",
        "Content-Length: 0",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


class Phone:
    """One sipp playing one scenario, once unless asked otherwise (sipp heeds the last option of a name)."""

    def __init__(self, directory: Path, scenario: str, code: int = 0) -> None:
        self.port = reserved_port()
        self.name = f"{scenario}-{self.port}"
        self.scenario = directory / f"{self.name}.xml"
        text = (SCENARIOS / f"{scenario}.xml").read_text()
        self.scenario.write_text(text.replace("@CODE@", str(code)))
        self.log = directory / f"{self.name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str, seconds: float = PATIENCE) -> None:
        """Begin; `seconds` limits the whole run."""
        self.seconds = seconds
        command = ["sipp", "-m", "1", *arguments, "-sf", str(self.scenario), "-i", LOOPBACK, "-p", str(self.port)]
        quiet = ["-nostdin", "-timeout", f"{seconds:.0f}", "-timeout_error", "-cp", str(reserved_port())]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*WITH_US, *command, *quiet],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.log.parent,
            )

    def finished_well(self) -> bool:
        """Waits for the end; whether every message of the scenario was seen, and no unexpected one."""
        assert self.process is not None
        return self.process.wait(self.seconds + 5) == 0

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@contextmanager
def callee(directory: Path, scenario: str, code: int = 0) -> Iterator[Phone]:
    """A phone that waits for one call."""
    phone = Phone(directory, scenario, code)
    phone.start()
    until(lambda: _taken(phone.port), lambda: f"{phone.name} listening")
    try:
        yield phone
    finally:
        phone.stop()


def _taken(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
        return False


def call(directory: Path, scenario: str, via: int, to: int, code: int = 0) -> bool:
    """Places one call through the proxy to a port; whether the caller saw exactly what the scenario says."""
    phone = Phone(directory, scenario, code)
    phone.start(f"{LOOPBACK}:{to}", "-rsa", f"{LOOPBACK}:{via}", "-s", "+4682222")
    try:
        return phone.finished_well()
    finally:
        phone.stop()
