"""Inserting a group of records into PostgreSQL with one statement, which is its own transaction: one round trip.

Every column travels as one text parameter, its values joined with ASCII's record separator, the properties of one
record with its unit separator. Both are characters that no record can hold (`UsageRecord` takes XML text only), so
nothing needs escaping, and `string_to_array` takes them apart at C speed on the server.
"""

from collections.abc import Collection, Sequence
from operator import attrgetter

from sqlalchemy import Connection

from usage_service.database.database import Database, translated_errors, went_away
from usage_service.ledger.tables import remarks_as_text
from usage_service.record import UsageRecord, content_digest

RECORD_SEPARATOR, UNIT_SEPARATOR = "\x1e", "\x1f"

COLUMNS = (
    "record_id, record_time, code, global_transaction_id, service, event_type, source, "
    "requester, principal, caller_address, header_transaction_id, header_service_id, remarks"
)

INCOMING = r"""
    SELECT *
    FROM unnest(
        string_to_array(%s, E'\x1e')::uuid[],
        string_to_array(%s, E'\x1e')::timestamptz[],
        string_to_array(%s, E'\x1e')::integer[],
        string_to_array(%s, E'\x1e'),
        string_to_array(%s, E'\x1e'),
        string_to_array(%s, E'\x1e'),
        string_to_array(%s, E'\x1e'),
        string_to_array(%s, E'\x1e', ''),
        string_to_array(%s, E'\x1e', ''),
        string_to_array(%s, E'\x1e', ''),
        string_to_array(%s, E'\x1e', ''),
        string_to_array(%s, E'\x1e', ''),
        string_to_array(%s, E'\x1e', ''),
        string_to_array(%s, E'\x1e'),
        string_to_array(%s, E'\x1e')
"""

# received_at is the database's own clock, read once the table is locked for writing: what a closed period saw and what
# came after it can then be told apart to the record.
STORE = rf"""
properties AS (
    INSERT INTO usage_property (record_id, position, name, value)
    SELECT i.record_id, p.position - 2, p.name, p.value
    FROM accepted i
    CROSS JOIN LATERAL unnest(
        string_to_array(i.property_names, E'\x1f'), string_to_array(i.property_values, E'\x1f')
    ) WITH ORDINALITY AS p (name, value, position)
    WHERE p.position > 1
)
INSERT INTO usage_record ({COLUMNS}, received_at, host)
SELECT {COLUMNS}, clock_timestamp(), %s
FROM accepted
"""

INSERT = f"""
WITH accepted AS MATERIALIZED (
{INCOMING}
    ) AS i ({COLUMNS}, property_names, property_values)
),
{STORE}
"""

INSERT_ONCE = rf"""
WITH incoming AS MATERIALIZED (
{INCOMING},
        string_to_array(%s, E'\x1e', ''),
        string_to_array(%s, E'\x1e', ''),
        string_to_array(%s, E'\x1e', ''),
        string_to_array(%s, E'\x1e', '')::bigint[]
    ) AS i ({COLUMNS}, property_names, property_values, once_key, content_digest, epoch, number)
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
{STORE}
RETURNING record_id::text
"""

_OPTIONAL = tuple(
    map(attrgetter, ("requester", "principal", "caller_address", "header_transaction_id", "header_service_id"))
)
_NO_PROPERTIES: tuple[tuple[str, ...], tuple[str, ...]] = (), ()


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
                return self.insert_in(self._living_connection(), record_ids, records, host)
        except BaseException:
            self.close()
            raise

    def insert_in(
        self, connection: Connection, record_ids: Sequence[str], records: Sequence[UsageRecord], host: str
    ) -> Collection[str]:
        """The same on a connection whose transaction the caller ends."""
        columns = insert_columns(record_ids, records)
        if not needs_once(records):
            connection.exec_driver_sql(INSERT, (*columns, host))
            return record_ids
        stored = connection.exec_driver_sql(INSERT_ONCE, (*columns, *once_columns(records), host))
        return set(stored.scalars())

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


def insert_columns(record_ids: Sequence[str], records: Sequence[UsageRecord]) -> list[str | None]:
    """The values of `INSERT`, but for the host."""
    join = RECORD_SEPARATOR.join
    properties = [tuple(zip(*record.properties, strict=True)) or _NO_PROPERTIES for record in records]
    return [
        join(record_ids),
        join([record.record_time.isoformat() for record in records]),
        join([str(record.code) for record in records]),
        join([record.global_transaction_id for record in records]),
        join([record.service for record in records]),
        join([record.event_type for record in records]),
        join([record.source for record in records]),
        *(_optional_column(list(map(get, records))) for get in _OPTIONAL),
        _optional_column([remarks_as_text(record.remarks) for record in records]),
        join([_joined(names) for names, _ in properties]),
        join([_joined(values) for _, values in properties]),
    ]


def once_columns(records: Sequence[UsageRecord]) -> list[str | None]:
    """What `INSERT_ONCE` needs besides, between these and the host."""
    sequences = [record.sequence for record in records]
    return [
        _optional_column([record.once_key for record in records]),
        _optional_column([record.once_key and content_digest(record) for record in records]),
        _optional_column([sequence and sequence.epoch for sequence in sequences]),
        _optional_column([sequence and str(sequence.number) for sequence in sequences]),
    ]


def _optional_column(values: list[str | None]) -> str | None:
    return RECORD_SEPARATOR.join([value or "" for value in values]) if any(values) else None


def _joined(texts: tuple[str, ...]) -> str:
    """The names or the values of one record. A leading separator keeps one empty text apart from none."""
    return UNIT_SEPARATOR.join(("", *texts))
