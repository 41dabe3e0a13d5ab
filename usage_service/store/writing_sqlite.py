"""Inserting a group of records into SQLite: two statements in one transaction, whatever the group's size.

The rows travel as JSON and are unpacked by `json_each`, so that the interpreter lock is given up twice for each
group and not once for each row: a writer thread that has to win it back for every row starves beside a busy server.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from usage_service.record import UsageRecord
from usage_service.store.database import Database
from usage_service.store.tables import time_as_text

INSERT_RECORDS = """
INSERT INTO usage_record (
    record_id, received_at, record_time, code, global_transaction_id, service, event_type, host, source,
    requester, principal, caller_address, header_transaction_id, header_service_id, remarks)
SELECT value ->> 0, ?, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, ?, value ->> 6,
       value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12
FROM json_each(?)
"""

INSERT_PROPERTIES = """
INSERT INTO usage_property (record_id, position, name, value)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3
FROM json_each(?)
"""


class SqliteInserts:
    """Takes the write lock at the start of each group, so that two processes queue instead of failing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def insert(
        self, record_ids: Sequence[str], records: Sequence[UsageRecord], host: str, received_at: datetime
    ) -> None:
        """Store all of them or, raising, none."""
        rows = _json([_row(record_id, record) for record_id, record in zip(record_ids, records, strict=True)])
        properties = _json(
            [
                (record_id, position, *pair)
                for record_id, record in zip(record_ids, records, strict=True)
                for position, pair in enumerate(record.properties)
            ]
        )
        with self._database.transaction() as connection:
            self._insert(connection, (time_as_text(received_at), host, rows), properties)

    def close(self) -> None:
        """Nothing is held between groups."""

    @staticmethod
    def _insert(connection: Connection, rows: tuple[str, str, str], properties: str) -> None:
        connection.exec_driver_sql(INSERT_RECORDS, rows)
        connection.exec_driver_sql(INSERT_PROPERTIES, (properties,))


def _row(record_id: str, record: UsageRecord) -> tuple[object, ...]:
    return (
        record_id,
        time_as_text(record.record_time),
        record.code,
        record.global_transaction_id,
        record.service,
        record.event_type,
        record.source,
        record.requester or None,
        record.principal or None,
        record.caller_address or None,
        record.header_transaction_id or None,
        record.header_service_id or None,
        ",".join(record.remarks) or None,
    )


def _json(rows: list[tuple[object, ...]]) -> str:
    return msgspec.json.encode(rows).decode()
