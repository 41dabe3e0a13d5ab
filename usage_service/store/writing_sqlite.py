"""Inserting a group of records into SQLite: a few many-row statements in one transaction.

Each call into SQLite gives up the interpreter lock, and a writer thread that has to win it back for every row
starves beside a busy server; so rows go in blocks. Block sizes are powers of two, which keeps the set of statements
small enough for the driver's cache.
"""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy import Connection

from usage_service.record import UsageRecord
from usage_service.store.database import Database, translated_errors
from usage_service.store.tables import remarks_as_text, time_as_text

LARGEST_BLOCK = 64

RECORD_COLUMNS = (
    "record_id, received_at, record_time, code, global_transaction_id, service, event_type, host, source, "
    "requester, principal, caller_address, header_transaction_id, header_service_id, remarks"
)
PROPERTY_COLUMNS = "record_id, position, name, value"

Row = tuple[object, ...]


class SqliteInserts:
    """Keeps one connection. Writers of several processes queue for a lock file, where each gets its turn:
    SQLite's own lock is polled, and a busy neighbour can starve the others for seconds."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine.execution_options(sqlite_begin="IMMEDIATE")
        self._lock_file = Path(database.file + "-writer").open("ab") if database.file else None  # noqa: SIM115 - held
        self._connection: Connection | None = None

    def insert(
        self, record_ids: Sequence[str], records: Sequence[UsageRecord], host: str, received_at: datetime
    ) -> None:
        """Store all of them or, raising, none."""
        received = time_as_text(received_at)
        pairs = list(zip(record_ids, records, strict=True))
        rows: list[Row] = [_row(record_id, record, host, received) for record_id, record in pairs]
        properties: list[Row] = [
            (record_id, position, *pair)
            for record_id, record in pairs
            for position, pair in enumerate(record.properties)
        ]
        with translated_errors(), self._turn():
            if self._connection is None:
                self._connection = self._engine.connect()
            with self._connection.begin():
                _insert(self._connection, "usage_record", RECORD_COLUMNS, rows)
                _insert(self._connection, "usage_property", PROPERTY_COLUMNS, properties)

    def close(self) -> None:
        """Give the connection and the lock file back."""
        if self._connection is not None:
            self._connection.close()
        if self._lock_file is not None:
            self._lock_file.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._lock_file is None:
            yield
            return
        fcntl.flock(self._lock_file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock_file, fcntl.LOCK_UN)


def _insert(connection: Connection, table: str, columns: str, rows: Sequence[Row]) -> None:
    start = 0
    while start < len(rows):
        size = min(LARGEST_BLOCK, 1 << ((len(rows) - start).bit_length() - 1))
        values = tuple(value for row in rows[start : start + size] for value in row)
        connection.exec_driver_sql(_insert_statement(table, columns, size), values)
        start += size


@cache
def _insert_statement(table: str, columns: str, rows: int) -> str:
    row = "(" + ",".join("?" * len(columns.split(","))) + ")"
    return f"INSERT INTO {table} ({columns}) VALUES {','.join([row] * rows)}"


def _row(record_id: str, record: UsageRecord, host: str, received: str) -> Row:
    return (
        record_id,
        received,
        time_as_text(record.record_time),
        record.code,
        record.global_transaction_id,
        record.service,
        record.event_type,
        host,
        record.source,
        record.requester or None,
        record.principal or None,
        record.caller_address or None,
        record.header_transaction_id or None,
        record.header_service_id or None,
        remarks_as_text(record.remarks) or None,
    )
