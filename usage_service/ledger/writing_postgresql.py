"""Inserting a group of records into PostgreSQL with one statement, which is its own transaction: one round trip.

Every column travels as one text parameter, its values joined with ASCII's record separator, the properties of one
record with its unit separator. Both are characters that no record can hold (`UsageRecord` takes XML text only), so
nothing needs escaping, and `string_to_array` takes them apart at C speed on the server.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from usage_service.database.database import Database, translated_errors, went_away
from usage_service.errors import StoreUnavailable
from usage_service.ledger.rows import STATED, stated
from usage_service.ledger.tables import remarks_as_text, usage_record
from usage_service.record import UsageRecord, content_digest

RECORD_SEPARATOR, UNIT_SEPARATOR = "\x1e", "\x1f"

_COLUMNS = ("record_id", *STATED, "remarks")
_TYPES = {"record_id": "uuid", "record_time": "timestamptz", "code": "integer"}


def _array(name: str) -> str:
    """The values of a column; an empty text stands for NULL where there may be one."""
    null = ", ''" if usage_record.c[name].nullable else ""
    return rf"string_to_array(%s, E'\x1e'{null})::{_TYPES.get(name, 'text')}[]"


_NAMES = ", ".join(_COLUMNS)
_ARRAYS = ",\n        ".join(map(_array, _COLUMNS))
_INCOMING = rf"""
    SELECT *
    FROM unnest(
        {_ARRAYS},
        string_to_array(%s, E'\x1e'),
        string_to_array(%s, E'\x1e')
"""

# received_at is the database's own clock, read once the table is locked for writing: what a closed period saw and what
# came after it can then be told apart to the record.
_STORE = rf"""
properties AS (
    INSERT INTO usage_property (record_id, position, name, value)
    SELECT i.record_id, p.position - 2, p.name, p.value
    FROM accepted i
    CROSS JOIN LATERAL unnest(
        string_to_array(i.property_names, E'\x1f'), string_to_array(i.property_values, E'\x1f')
    ) WITH ORDINALITY AS p (name, value, position)
    WHERE p.position > 1
)
INSERT INTO usage_record ({_NAMES}, received_at, host)
SELECT {_NAMES}, clock_timestamp(), %s
FROM accepted
"""

INSERT = f"""
WITH accepted AS MATERIALIZED (
{_INCOMING}
    ) AS i ({_NAMES}, property_names, property_values)
),
{_STORE}
"""

INSERT_ONCE = rf"""
WITH incoming AS MATERIALIZED (
{_INCOMING},
        string_to_array(%s, E'\x1e', ''),
        string_to_array(%s, E'\x1e', ''),
        string_to_array(%s, E'\x1e', ''),
        string_to_array(%s, E'\x1e', '')::bigint[]
    ) AS i ({_NAMES}, property_names, property_values, once_key, content_digest, epoch, number)
),
fresh AS (
    INSERT INTO once_key (service, key, record_id, content_digest, used_at)
    SELECT service, once_key, record_id, content_digest, clock_timestamp()
    FROM incoming
    WHERE once_key IS NOT NULL
    ORDER BY service COLLATE "C", once_key COLLATE "C"  -- every writer in the same order: no deadlock
    ON CONFLICT ON CONSTRAINT once_key_used_once DO NOTHING
    RETURNING record_id
),
accepted AS MATERIALIZED (
    SELECT * FROM incoming WHERE once_key IS NULL OR record_id IN (SELECT record_id FROM fresh)
),
numbers AS (
    INSERT INTO source_sequence (source, epoch, number, seen_at, record_id)
    SELECT source, epoch, number, clock_timestamp(), record_id FROM accepted WHERE number IS NOT NULL
),
{_STORE}
RETURNING record_id::text
"""


class Insert(NamedTuple):
    """A statement that stores some records, with its values. It returns their ids where it may leave some out."""

    statement: str
    values: tuple[str | None, ...]


class InDoubt(StoreUnavailable):
    """The connection was lost, or gave no answer in time, after a server process was given the statement."""

    def __init__(self, backend: int, cause: str) -> None:
        super().__init__("the database is not available", cause)
        self.backend = backend


class PostgresqlInserts:
    """Keeps one connection in autocommit, so that the statement commits by itself."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection: Connection | None = None

    def insert(self, record_ids: Sequence[str], records: Sequence[UsageRecord], host: str) -> Collection[str]:
        """Store all of them or, raising, none; except those whose idempotency key was used before.

        Returns the ids that were stored.
        """
        try:
            with translated_errors():
                connection = self._living_connection()
            backend = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
            try:
                with translated_errors():
                    return self.insert_in(connection, record_ids, records, host)
            except StoreUnavailable as error:
                raise InDoubt(backend, error.cause) from error
        except BaseException:
            if self._connection is not None:
                self._connection.invalidate()  # it may lead to a standby, or have an answer on its way
            self.close()
            raise

    def insert_in(
        self, connection: Connection, record_ids: Sequence[str], records: Sequence[UsageRecord], host: str
    ) -> Collection[str]:
        """The same on a connection whose transaction the caller ends."""
        result = connection.exec_driver_sql(*insert_of(record_ids, records, host))
        return set(result.scalars()) if result.returns_rows else record_ids

    def _living_connection(self) -> Connection:
        if self._connection is not None and went_away(self._connection.connection.driver_connection):
            self.close()
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with translated_errors():
                connection.close()


def needs_once(records: Sequence[UsageRecord]) -> bool:
    """Whether one of them has an idempotency key or a number of its source."""
    return any(record.once_key is not None or record.sequence is not None for record in records)


def insert_of(record_ids: Sequence[str], records: Sequence[UsageRecord], host: str) -> Insert:
    """What stores these records, except those whose idempotency key was used before."""
    join, join_units = RECORD_SEPARATOR.join, UNIT_SEPARATOR.join
    times, codes, transactions, services, events, sources, *optional = zip(*map(stated, records), strict=True)
    properties = [tuple(zip(*record.properties, strict=True)) or _NO_PROPERTIES for record in records]
    columns = (
        join(record_ids),
        join([time.isoformat() for time in times]),
        join(map(str, codes)),
        join(transactions),
        join(services),
        join(events),
        join(sources),
        *map(_column, optional),
        _column([remarks_as_text(record.remarks) if record.remarks else None for record in records]),
        join([join_units(("", *names)) for names, _ in properties]),  # the leading separator keeps one empty text
        join([join_units(("", *values)) for _, values in properties]),  # apart from none
    )
    if not needs_once(records):
        return Insert(INSERT, (*columns, host))
    sequences = [record.sequence for record in records]
    once = (
        _column([record.once_key for record in records]),
        _column([record.once_key and content_digest(record) for record in records]),
        _column([sequence and sequence.epoch for sequence in sequences]),
        _column([sequence and str(sequence.number) for sequence in sequences]),
    )
    return Insert(INSERT_ONCE, (*columns, *once, host))


_NO_PROPERTIES: tuple[tuple[str, ...], tuple[str, ...]] = (), ()


def _column(values: Sequence[str | None]) -> str | None:
    return RECORD_SEPARATOR.join([value or "" for value in values]) if any(values) else None
