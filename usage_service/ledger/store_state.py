"""Whether records can be stored now: what the last writes met, and what a write meets that is rolled back.

A change of the state is one line in the log: "cannot store", and "can store again" with what was lost in between.
"""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic

from usage_service.database.database import Database, translated_errors, unavailable
from usage_service.errors import ServiceError, StoreUnavailable
from usage_service.file_lock import try_locked_file
from usage_service.ledger.model import Outcome
from usage_service.ledger.writing import IssueIds
from usage_service.ledger.writing_postgresql import PostgresqlInserts
from usage_service.ledger.writing_sqlite import SqliteInserts
from usage_service.record import Property, UsageRecord

log = logging.getLogger(__name__)

PROBE_WAIT_SECONDS = 0.4
"""How long a probe waits for a lock of another writer."""

PROBE_BYTES = 65_536
"""More than the page cache of the probe's connection, so that SQLite writes to the disk what will be rolled back."""

SMALL_CACHE_KIB = 16


class StoreState:
    """What the last write met. Fed from the event loop and from a probe's thread."""

    def __init__(self) -> None:
        self.last_commit: float | None = None  # by the monotonic clock
        self.failure: StoreUnavailable | None = None
        self._lock = threading.Lock()
        self._failing_since = 0.0
        self._not_stored = 0

    def written(self, outcomes: Sequence[Outcome]) -> None:
        """A group was written, or not."""
        failures = [outcome for outcome in outcomes if isinstance(outcome, StoreUnavailable)]
        if failures:
            self.failed(failures[0], len(failures))
        else:
            self.last_commit = monotonic()
            self.works()

    def failed(self, error: StoreUnavailable, not_stored: int = 0) -> None:
        """The database was not available to a write."""
        with self._lock:
            began = self.failure is None
            if began:
                self._failing_since, self._not_stored = monotonic(), 0
            self.failure = error
            self._not_stored += not_stored
        if began:
            since = datetime.now(UTC).isoformat(timespec="seconds")
            log.error("cannot store since %s: %s", since, error.in_full)

    def works(self) -> None:
        """A write succeeded."""
        if self.failure is None:
            return
        with self._lock:
            self.failure = None
            seconds, not_stored = monotonic() - self._failing_since, self._not_stored
        log.warning("can store again after %.1f s: %d records were not stored", seconds, not_stored)


class StoreProbe:
    """Writes a record as the commit queue does, and rolls it back."""

    def __init__(self, database: Database, *, host: str, issue_ids: IssueIds) -> None:
        self._database = database
        self._inserts = SqliteInserts(database) if database.dialect == "sqlite" else PostgresqlInserts(database)
        self._host = host
        self._issue_ids = issue_ids

    def write(self) -> None:
        """Return if the database takes a record; raises `StoreUnavailable` or `NotStored`. Nothing is kept."""
        is_sqlite = self._database.dialect == "sqlite"
        record = UsageRecord(
            global_transaction_id="probe",
            service="probe",
            event_type="probe",
            record_time=datetime.now(UTC),
            code=0,
            properties=(Property("PROBE", "x" * PROBE_BYTES if is_sqlite else ""),),
        )
        with self._writer_lock(), translated_errors(), self._database.engine.connect() as connection:
            if is_sqlite:
                # of this connection only, which is given up below
                driver = connection.connection.driver_connection
                assert driver is not None
                driver.execute(f"PRAGMA busy_timeout={PROBE_WAIT_SECONDS * 1000:.0f}")
                driver.execute(f"PRAGMA cache_size=-{SMALL_CACHE_KIB}")
            else:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PROBE_WAIT_SECONDS}s'")
            try:
                self._inserts.insert_in(connection, self._issue_ids(1), [record], self._host)
            finally:
                connection.rollback()
                if is_sqlite:
                    connection.invalidate()

    @contextmanager
    def _writer_lock(self) -> Iterator[None]:
        """`Database.writer_lock`, waiting a moment only."""
        if self._database.file is None:
            yield
            return
        deadline = monotonic() + PROBE_WAIT_SECONDS
        while True:
            try:
                lock = try_locked_file(self._database.writer_lock_file)
                with lock as ours:
                    if ours:
                        yield
                        return
            except OSError as error:
                raise unavailable(f"{error.filename}: {error.strerror}") from error
            if monotonic() > deadline:
                raise unavailable("another process has kept the writer lock for too long")
            time.sleep(0.01)


def probe_into(state: StoreState, probe: StoreProbe) -> None:
    """Probe, and let the state follow; raises `ServiceError` when nothing can be stored."""
    try:
        probe.write()
    except StoreUnavailable as error:
        state.failed(error)
        raise
    except ServiceError:
        raise
    state.works()
