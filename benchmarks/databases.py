"""The databases of a run: PostgreSQL and SQLite with the shipped schema and the durability of production."""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from benchmarks.load import Load
from tests.running import PostgresqlServer
from usage_service.database.database import Database, Dialect, open_database
from usage_service.database.schema import upgrade_schema

RUNS = Path("/var/tmp")  # on a disk, unlike /tmp on many machines: a flush must cost what it costs

EMPTY = {
    "postgresql": ("TRUNCATE usage_record, usage_property, once_key", "CHECKPOINT"),
    "sqlite": (
        "DELETE FROM usage_record",
        "DELETE FROM usage_property",
        "DELETE FROM once_key",
        "PRAGMA wal_checkpoint(TRUNCATE)",
    ),
}

COUNTS = text("""
    SELECT (SELECT count(*) FROM usage_record),
           (SELECT count(DISTINCT global_transaction_id) FROM usage_record),
           (SELECT count(*) FROM usage_record r
            WHERE (SELECT count(*) FROM usage_property p WHERE p.record_id = r.record_id) = :properties),
           (SELECT count(*) FROM usage_property)
""")


class Wrong(Exception):
    """What was acknowledged is not what is in the tables."""


@dataclass
class Bench:
    """Where contenders write: one database of each kind, and the PostgreSQL server behind the one."""

    folder: Path
    server: PostgresqlServer
    opened: dict[Dialect, Database] = field(default_factory=dict)

    def url(self, dialect: Dialect) -> str:
        """The URL that a contender is given."""
        return self.opened[dialect].engine.url.set(drivername=dialect).render_as_string(hide_password=False)

    @property
    def server_pid(self) -> int:
        """PostgreSQL's first process."""
        return int((self.server.folder / "data" / "postmaster.pid").read_text().split()[0])

    def empty(self, dialect: Dialect) -> None:
        """Remove all records, so that the order of the contenders does not matter."""
        self.execute(*EMPTY[dialect], dialect=dialect)

    def execute(self, *statements: str, dialect: Dialect = "postgresql") -> None:
        """Run statements that may not stand in a transaction."""
        connection = self.opened[dialect].engine.raw_connection()
        try:
            driver = connection.driver_connection
            assert driver is not None
            if dialect == "postgresql":
                driver.autocommit = True
            for statement in statements:
                driver.execute(statement).close()
        finally:
            connection.invalidate()

    def verify(self, dialect: Dialect, load: Load, *, in_flight: int, properties: int) -> None:
        """Raise `Wrong` unless every acknowledged record is stored, once and whole. Requests that were under way
        when the clock ran out may be stored without having been acknowledged."""
        stored, distinct, whole, rows = self._settled_counts(dialect, properties)
        if not load.records <= stored <= load.records + load.refused + load.broken + in_flight:
            raise Wrong(f"{load.records} records were acknowledged, {stored} are stored")
        if distinct != stored:
            raise Wrong(f"{stored} records are stored, of {distinct} transactions")
        if whole != stored or rows != stored * properties:
            raise Wrong(f"of {stored} records {whole} have all their properties; there are {rows} properties")

    def _settled_counts(self, dialect: Dialect, properties: int) -> tuple[int, int, int, int]:
        counts, before = self._counts(dialect, properties), (-1, 0, 0, 0)
        while counts != before:
            time.sleep(0.2)
            before, counts = counts, self._counts(dialect, properties)
        return counts

    def _counts(self, dialect: Dialect, properties: int) -> tuple[int, int, int, int]:
        with self.opened[dialect].connect() as connection:
            stored, distinct, whole, rows = connection.execute(COUNTS, {"properties": properties}).one()
        return stored, distinct, whole, rows


@contextmanager
def opened_bench() -> Iterator[Bench]:
    """Fresh databases, gone afterwards, even when the run is reported to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(dir=RUNS, prefix="usage-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another user when we are root
        server = PostgresqlServer(folder / "postgresql", flushes=True)
        server.initialise()
        server.start()
        bench = Bench(folder, server)
        try:
            for url in (server.create_database("bench"), f"sqlite:///{folder}/usage.db"):
                database = open_database(url)
                upgrade_schema(database)
                bench.opened[database.dialect] = database
            yield bench
        finally:
            for database in bench.opened.values():
                database.close()
            server.stop()


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "cores": os.cpu_count(),
        "processor": model[0].partition(": ")[2] if model else "",
        "kernel": os.uname().release,
        "load_before": os.getloadavg()[0],
    }
