"""Inserting a group of records into SQLite: a few many-row statements in one transaction.

Each call into SQLite gives up the interpreter lock, and a writer thread that has to win it back for every row
starves beside a busy server; so rows go in blocks. Block sizes are powers of two, which keeps the set of statements
small enough for the driver's cache.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import cache

from sqlalchemy import Connection, Table

from usage_service.database.database import Database, translated_errors
from usage_service.ledger.rows import STATED, row_of
from usage_service.ledger.tables import once_key, source_sequence, time_as_text, usage_property, usage_record
from usage_service.record import UsageRecord, content_digest

LARGEST_BLOCK = 64

Row = tuple[object, ...]

_RECORD_COLUMNS = ("record_id", *STATED, "remarks", "received_at", "host")


class SqliteInserts:
    """Keeps one connection."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine.execution_options(sqlite_begin="IMMEDIATE")
        self._writer_lock = database.writer_lock
        self._connection: Connection | None = None

    def insert(self, record_ids: Sequence[str], records: Sequence[UsageRecord], host: str) -> Collection[str]:
        """Store all of them or, raising, none; except those whose idempotency key was used before.

        Returns the ids that were stored.
        """
        with translated_errors(), self._writer_lock():
            if self._connection is None:
                self._connection = self._engine.connect()
            with self._connection.begin():
                return self.insert_in(self._connection, record_ids, records, host)

    def insert_in(
        self, connection: Connection, record_ids: Sequence[str], records: Sequence[UsageRecord], host: str
    ) -> Collection[str]:
        """The same on a connection whose transaction the caller ends."""
        now = time_as_text(datetime.now(UTC))
        return _store(connection, list(zip(record_ids, records, strict=True)), host, now)

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()


def _store(connection: Connection, pairs: list[tuple[str, UsageRecord]], host: str, now: str) -> Collection[str]:
    pairs = _without_used_keys(connection, pairs, now)
    records: list[Row] = []
    for record_id, record in pairs:
        record_time, *rest = row_of(record)
        records.append((record_id, time_as_text(record_time), *rest, now, host))
    properties: list[Row] = [
        (record_id, position, *pair) for record_id, record in pairs for position, pair in enumerate(record.properties)
    ]
    numbers: list[Row] = [
        (record.source, *record.sequence, now, record_id) for record_id, record in pairs if record.sequence
    ]
    _insert(connection, usage_record, records, _RECORD_COLUMNS)
    _insert(connection, usage_property, properties)
    _insert(connection, source_sequence, numbers)
    return {record_id for record_id, _ in pairs}


def _without_used_keys(
    connection: Connection, pairs: list[tuple[str, UsageRecord]], now: str
) -> list[tuple[str, UsageRecord]]:
    """Enter the idempotency keys and leave out the records whose key the database knows already."""
    keys: list[Row] = [
        (record.service, record.once_key, record_id, content_digest(record), now)
        for record_id, record in pairs
        if record.once_key
    ]
    if not keys:
        return pairs
    fresh = set(_insert(connection, once_key, keys, then="ON CONFLICT DO NOTHING RETURNING record_id"))
    return [pair for pair in pairs if pair[1].once_key is None or pair[0] in fresh]


def _insert(
    connection: Connection, table: Table, rows: Sequence[Row], columns: tuple[str, ...] = (), then: str = ""
) -> list[str]:
    """Insert rows in blocks, their values in the order of the table's columns or of these; returns what a RETURNING
    clause gives."""
    returned: list[str] = []
    start = 0
    while start < len(rows):
        size = min(LARGEST_BLOCK, 1 << ((len(rows) - start).bit_length() - 1))
        values = tuple(value for row in rows[start : start + size] for value in row)
        result = connection.exec_driver_sql(_insert_statement(table, columns, size, then), values)
        if then:
            returned += result.scalars()
        start += size
    return returned


@cache
def _insert_statement(table: Table, columns: tuple[str, ...], rows: int, then: str) -> str:
    names = columns or tuple(table.columns.keys())
    row = "(" + ",".join("?" * len(names)) + ")"
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES {','.join([row] * rows)} {then}"
