"""Inserting a group of records into PostgreSQL with one statement, which is its own transaction: one round trip.

Every column travels as one text parameter, its values joined with ASCII's record separator, the properties of one
record with its unit separator. Both are characters that no record can hold (`UsageRecord` takes XML text only), so
nothing needs escaping, and `string_to_array` takes them apart at C speed on the server.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from usage_service.record import UsageRecord
from usage_service.store.database import Database, translated_errors
from usage_service.store.tables import remarks_as_text

RECORD_SEPARATOR, UNIT_SEPARATOR = "\x1e", "\x1f"

INSERT = r"""
WITH incoming AS MATERIALIZED (
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
    ) AS i (record_id, record_time, code, global_transaction_id, service, event_type, source,
            requester, principal, caller_address, header_transaction_id, header_service_id, remarks,
            property_names, property_values)
),
properties AS (
    INSERT INTO usage_property (record_id, position, name, value)
    SELECT i.record_id, p.position - 2, p.name, p.value
    FROM incoming i
    CROSS JOIN LATERAL unnest(
        string_to_array(i.property_names, E'\x1f'), string_to_array(i.property_values, E'\x1f')
    ) WITH ORDINALITY AS p (name, value, position)
    WHERE p.position > 1
)
INSERT INTO usage_record (
    record_id, received_at, record_time, code, global_transaction_id, service, event_type, host, source,
    requester, principal, caller_address, header_transaction_id, header_service_id, remarks)
SELECT record_id, %s, record_time, code, global_transaction_id, service, event_type, %s, source,
       requester, principal, caller_address, header_transaction_id, header_service_id, remarks
FROM incoming
"""

_OPTIONAL: tuple[Callable[[UsageRecord], str | None], ...] = (
    lambda record: record.requester,
    lambda record: record.principal,
    lambda record: record.caller_address,
    lambda record: record.header_transaction_id,
    lambda record: record.header_service_id,
)


class PostgresqlInserts:
    """Keeps one connection in autocommit, so that the statement commits by itself."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection: Connection | None = None

    def insert(
        self, record_ids: Sequence[str], records: Sequence[UsageRecord], host: str, received_at: datetime
    ) -> None:
        """Store all of them or, raising, none."""
        parameters = (*_columns(record_ids, records), received_at, host)
        try:
            with translated_errors():
                if self._connection is None:
                    self._connection = self._engine.connect()
                self._connection.exec_driver_sql(INSERT, parameters)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with translated_errors():
                connection.close()


def _columns(record_ids: Sequence[str], records: Sequence[UsageRecord]) -> list[str | None]:
    join = RECORD_SEPARATOR.join
    return [
        join(record_ids),
        join([record.record_time.isoformat() for record in records]),
        join([str(record.code) for record in records]),
        join([record.global_transaction_id for record in records]),
        join([record.service for record in records]),
        join([record.event_type for record in records]),
        join([record.source for record in records]),
        *(_optional_column([get(record) for record in records]) for get in _OPTIONAL),
        _optional_column([remarks_as_text(record.remarks) for record in records]),
        join([_joined(0, record) for record in records]),
        join([_joined(1, record) for record in records]),
    ]


def _optional_column(values: list[str | None]) -> str | None:
    return RECORD_SEPARATOR.join([value or "" for value in values]) if any(values) else None


def _joined(part: int, record: UsageRecord) -> str:
    """Names (0) or values (1) of all properties. A leading separator keeps one empty value apart from none."""
    return "".join([UNIT_SEPARATOR + pair[part] for pair in record.properties])
