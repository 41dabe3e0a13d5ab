"""Who is measured: the service itself, its peers in other stacks, and the floor."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.build import build
from benchmarks.databases import Bench
from benchmarks.envelopes import TRANSACTION, batch, envelope, records
from benchmarks.floor import drive_pgbench
from benchmarks.load import LEDGER_PATH, PATH, Load, drive
from demos.ports import reserved_port
from tests.running import RunningService, kill_group, wait_until
from usage_service.database.database import Dialect

GRACE_SECONDS = 5
PROBE_SECONDS = 5

PROBE = """POST {path} HTTP/1.1\r
Host: 127.0.0.1\r
Content-Type: text/xml; charset=utf-8\r
SOAPAction: ""\r
Content-Length: {length}\r
\r
"""
"""Sent in one piece with its body, as wrk does."""


class Running(Protocol):
    """A contender that takes load."""

    @property
    def root(self) -> int | None:
        """First of its processes, None when it has none of its own."""

    def drive(self, envelopes: Path, connections: int, seconds: float) -> Load: ...
    def stop(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One line of the table."""

    name: str
    title: str
    dialect: Dialect
    start: Callable[[Bench, Path], Running]


@dataclass
class Server:
    """An HTTP server in a process group of its own."""

    process: subprocess.Popen[bytes]
    port: int
    path: str = PATH

    @property
    def root(self) -> int:
        """The first process of the group."""
        return self.process.pid

    def drive(self, envelopes: Path, connections: int, seconds: float) -> Load:
        """Requests over HTTP."""
        return drive(self.port, envelopes, connections, seconds, path=self.path)

    def stop(self) -> None:
        """End the whole group."""
        kill_group(self.process, signal.SIGTERM)
        try:
            self.process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            kill_group(self.process)
            self.process.wait()

    def wait_until_ready(self, log: Path) -> None:
        """Wait for the answer to a first record; end the run showing what the server said when there is none."""
        try:
            wait_until(self._answers, "an answer")
        except AssertionError as error:
            self.stop()
            sys.exit(f"{log.parent.name}: {error}\n{log.read_text()[-3000:]}")

    def _answers(self) -> bool:
        (record,) = records(1)
        probe = batch([record]) if self.path == LEDGER_PATH else envelope(record)
        body = probe.replace(TRANSACTION, str(time.time_ns())).encode()
        request = PROBE.format(path=self.path, length=len(body)).encode() + body
        try:
            with socket.create_connection(("127.0.0.1", self.port), PROBE_SECONDS) as connection:
                connection.sendall(request)
                return b" 200 " in connection.recv(4096)
        except OSError:
            return False


@dataclass(frozen=True)
class Batches:
    """A server that is sent batches."""

    server: Server
    size: int

    @property
    def root(self) -> int:
        """The first process of the server."""
        return self.server.root

    def drive(self, envelopes: Path, connections: int, seconds: float) -> Load:
        """Batches over HTTP."""
        return drive(self.server.port, envelopes, connections, seconds, path=LEDGER_PATH, records=self.size)

    def stop(self) -> None:
        """End the server."""
        self.server.stop()


@dataclass(frozen=True)
class Floor:
    """PostgreSQL alone: the same statement from pgbench."""

    bench: Bench
    root: int | None = None

    def drive(self, envelopes: Path, connections: int, seconds: float) -> Load:
        """Records over the wire protocol, one in each statement."""
        return drive_pgbench(self.bench.url("postgresql"), self.bench.folder, connections, seconds)

    def stop(self) -> None:
        """Nothing runs between loads."""


def service(dialect: Dialect, settings: Mapping[str, str] | None = None) -> Callable[[Bench, Path], Server]:
    """The service as `usage-service serve` starts it."""

    def start(bench: Bench, folder: Path) -> Server:
        running = RunningService(bench.url(dialect), folder, settings or {})
        running.start()
        assert running.process is not None
        return Server(running.process, running.port)

    return start


def peer(name: str, *arguments: str, program: str = "serve", path: str = PATH) -> Callable[[Bench, Path], Server]:
    """A peer's program, on PostgreSQL."""

    def start(bench: Bench, folder: Path) -> Server:
        port, log = reserved_port(), folder / "log"
        command = [str(build(name).with_name(program)), str(port), bench.url("postgresql"), *arguments]
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, start_new_session=True)
        server = Server(process, port, path)
        server.wait_until_ready(log)
        return server

    return start


def _contender(name: str, title: str, start: Callable[[Bench, Path], Running], dialect: Dialect) -> Contender:
    return Contender(name=name, title=title, dialect=dialect, start=start)


_ALL = (
    _contender("ours", "usage-service", service("postgresql"), "postgresql"),
    _contender("ours-sqlite", "usage-service on SQLite", service("sqlite"), "sqlite"),
    _contender("gsoap", "C++ gSOAP + libpq, one commit per request", peer("gsoap", "each"), "postgresql"),
    _contender("gsoap-group", "C++ gSOAP + libpq, group commit", peer("gsoap", "group"), "postgresql"),
    _contender("java", "Java JAX-WS RI + JDBC, HikariCP", peer("java"), "postgresql"),
    _contender("node", "node soap + pg", peer("node"), "postgresql"),
    _contender("php", "PHP SoapServer + PDO, php-fpm, nginx", peer("php"), "postgresql"),
    _contender("spyne-orm", "Spyne + SQLAlchemy ORM, gunicorn", peer("spyne_orm"), "postgresql"),
    _contender("pgbench", "pgbench, one statement per record", lambda bench, _: Floor(bench), "postgresql"),
)

CONTENDERS = {contender.name: contender for contender in _ALL}
