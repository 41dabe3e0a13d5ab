"""Real parts for tests: a PostgreSQL server of our own, and the service as its own processes."""

import http.client
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from demos.ports import reserved_port
from usage_service.database.database import open_database
from usage_service.ledger.model import RecordFilter, StoredRecord
from usage_service.ledger.records import Records
from usage_service.record import milliseconds_from_time
from usage_service.settings import variable_name

ROOT = Path(__file__).parent.parent
START_SECONDS = 60
MEASURED = "COVERAGE_RUN" in os.environ
"""Whether coverage.py watches: what a process ran is known when it stops by itself, and not when it is killed."""


def kill_group(process: subprocess.Popen[Any], by: signal.Signals = signal.SIGKILL) -> None:
    """`kill` of every process of a group, which may have gone already."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, by)


def wait_until(condition: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    """Wait for something to become true; fail saying what did not."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(0.05)


def postgresql_programs() -> Path:
    """The folder with `initdb` and `postgres`; fails naming the Debian package when there is none."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    assert versions, "PostgreSQL is not installed: apt-get install postgresql"
    return versions[-1]


@dataclass
class PostgresqlServer:
    """A PostgreSQL server with a data folder of its own.

    What it commits survives the death of any process, which tests can cause. To guard against the loss of power, which
    they cannot, would only cost them time: `flushes` is for measurements.
    """

    folder: Path
    port: int = field(default_factory=reserved_port)
    flushes: bool = False

    def initialise(self) -> None:
        """Create the data folder. PostgreSQL refuses to run as root, so root hands over to the user postgres."""
        self.folder.mkdir(parents=True)
        if os.geteuid() == 0:
            os.chown(self.folder, *pwd.getpwnam("postgres")[2:4])
        self._run(
            "initdb", "-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"
        )

    def start(self) -> None:
        """Start and wait until it accepts connections."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c max_connections=200" + (
            "" if self.flushes else " -c fsync=off -c full_page_writes=off"
        )
        self._run(
            "pg_ctl", "-D", str(self.folder / "data"), "-o", options, "-l", str(self.folder / "log"), "-w", "start"
        )

    def stop(self, mode: str = "immediate") -> None:
        """Stop; `immediate` is as if the power had failed."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", mode, "-w", "stop")

    def create_database(self, name: str) -> str:
        """A fresh database; returns its URL."""
        self._execute(f"CREATE DATABASE {name}")
        return self.url_of(name)

    def drop_database(self, name: str) -> None:
        """Remove a database and whoever is connected to it."""
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def url_of(self, name: str) -> str:
        """The URL of a database of this server."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def is_running(self) -> bool:
        """Whether a process listens on its port."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(postgresql_programs() / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        done = subprocess.run(
            command, cwd="/", check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert done.returncode == 0, f"{program} failed:\n{done.stdout}"


@dataclass
class RunningService:
    """The service as its own processes, as `usage-service serve` starts it."""

    database: str
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=reserved_port)
    host: str = "127.0.0.1"
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def endpoint(self) -> str:
        return f"{self.url}/soap/usage-record"

    @property
    def wsdl_url(self) -> str:
        return f"{self.endpoint}?wsdl"

    @property
    def unqualified_wsdl_url(self) -> str:
        return f"{self.endpoint}?wsdl=unqualified"

    @property
    def log(self) -> Path:
        return self.folder / "service.log"

    def environment(self) -> dict[str, str]:
        """The variables the service (and any command of it) runs with."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith("USAGE_SERVICE_")}
        variables["PYTHONPATH"] = str(ROOT)
        variables["USAGE_SERVICE_DATABASE"] = self.database
        variables["USAGE_SERVICE_PORT"] = str(self.port)
        variables["USAGE_SERVICE_PUBLIC_URL"] = self.url
        variables["USAGE_SERVICE_ENDPOINT"] = self.endpoint
        variables |= {variable_name(name): value for name, value in self.settings.items()}
        return variables

    def start(self, *, again: bool = False) -> None:
        """Start and wait until it is ready to store records; `again` when its database is made already."""
        if self.database.startswith("postgresql") and not again:
            self.run("db", "upgrade")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "usage_service", "serve"],
                env=self.environment(),
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._is_ready, "the service's readiness")

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the service stopped:\n{self.log.read_text()[-3000:]}"
        try:
            with urllib.request.urlopen(f"{self.url}/health/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> None:
        """Stop gracefully, as an init system would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
            self.process = None

    def kill(self) -> None:
        """`kill -9` of every process at once."""
        assert self.process is not None
        kill_group(self.process)
        self.process.wait(30)
        self.process = None

    def worker_pids(self) -> list[int]:
        """The worker processes, in no order."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return sorted(pid for pid in map(int, children) if "spawn_main" in _command_line(pid))

    def kill_worker(self, pid: int) -> None:
        """`kill -9` of one of its workers."""
        assert pid in self.worker_pids()
        os.kill(pid, signal.SIGKILL)

    def replace_worker(self, victim: int) -> None:
        """`kill -9` of one of its workers; returns when another has taken its place."""
        workers = self.worker_pids()
        self.kill_worker(victim)
        wait_until(lambda: victim not in (now := self.worker_pids()) and len(now) == len(workers), "a new worker")

    def busiest_worker(self) -> int:
        """The worker with the most connections: which one accepts them is left to the system."""
        return max(self.worker_pids(), key=lambda pid: len(os.listdir(f"/proc/{pid}/fd")))

    def post(self, body: bytes, **headers: str) -> tuple[int, bytes]:
        """POST a SOAP request; header names with underscores for hyphens."""
        named = {"Content-Type": "text/xml; charset=utf-8", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self._exchange("POST", "/soap/usage-record", body, named)

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """GET a path."""
        return self._exchange("GET", path, None, {name.replace("_", "-"): value for name, value in headers.items()})

    def _exchange(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of the command line against this service's settings."""
        done = subprocess.run(
            [sys.executable, "-m", "usage_service", *arguments],
            env=self.environment(),
            cwd=self.folder,
            check=False,  # but below, with its output
            capture_output=True,
            text=True,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def records(self) -> list[dict[str, Any]]:
        """Every stored record, in the order of receipt."""
        database = open_database(self.database)
        try:
            return [as_row(stored) for stored in Records(database).find(RecordFilter(), limit=1_000_000)]
        finally:
            database.close()


def as_row(stored: StoredRecord) -> dict[str, Any]:
    """A stored record in the words of the contract: times in milliseconds, properties as ordered pairs."""
    record = stored.record
    return {
        "record_id": stored.record_id,
        "global_transaction_id": record.global_transaction_id,
        "service": record.service,
        "event_type": record.event_type,
        "record_time": milliseconds_from_time(record.record_time),
        "code": record.code,
        "properties": [tuple(pair) for pair in record.properties],
        "requester": record.requester,
        "remarks": record.remarks,
        "header_transaction_id": record.header_transaction_id,
        "header_service_id": record.header_service_id,
    }


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


@contextmanager
def running(service: RunningService) -> Iterator[RunningService]:
    """A started service, stopped afterwards whatever happened."""
    service.start()
    try:
        yield service
    finally:
        if MEASURED and service.process is not None:
            with suppress(subprocess.TimeoutExpired):
                service.stop()
        if service.process is not None:
            service.kill()
