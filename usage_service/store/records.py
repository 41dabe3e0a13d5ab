"""Questions about stored records. One method for each question."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, insert, select

from usage_service.accounting.records import Page, RecordFilter, StoredRecord
from usage_service.errors import NotFound
from usage_service.record import Property, UsageRecord
from usage_service.record_ids import checked_record_id
from usage_service.store.cursors import Cursor
from usage_service.store.database import Database
from usage_service.store.filters import conditions_of
from usage_service.store.tables import (
    remarks_as_text,
    remarks_from_text,
    usage_property,
    usage_record,
)


class Records:
    """Reads stored records."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, record_id: str) -> StoredRecord:
        """The record with this id; raises `NotFound`."""
        with self._database.connect() as connection:
            return load_record(connection, record_id)

    def page(self, wanted: RecordFilter, *, size: int, cursor: str | None = None) -> Page:
        """The next `size` matching records, and where to go on.

        Pages neither miss nor repeat a record that was there when the first was asked for; records that come later
        are left to the next query. Raises `InvalidValue` for a cursor that was not given out for this filter.
        """
        start = Cursor.read(cursor, wanted) if cursor else Cursor.new(wanted)
        conditions = [*conditions_of(wanted), usage_record.c.record_id <= start.until]
        if start.after is not None:
            conditions.append(usage_record.c.record_id > start.after)
        with self._database.connect() as connection:
            found = _select(connection, conditions, size)
        full = len(found) == size
        return Page(found, start.moved(found[-1].record_id).text() if full else None)

    def find(self, wanted: RecordFilter, *, after: str | None = None, limit: int = 100) -> list[StoredRecord]:
        """Up to `limit` matching records in the order of receipt, starting behind the record id `after`."""
        conditions = list(conditions_of(wanted))
        if after is not None:
            conditions.append(usage_record.c.record_id > checked_record_id(after))
        with self._database.connect() as connection:
            return _select(connection, conditions, limit)


def load_record(connection: Connection, record_id: str) -> StoredRecord:
    """The record with this id; raises `NotFound`."""
    found = load_records(connection, [checked_record_id(record_id)])
    if not found:
        raise NotFound("record", record_id)
    return found[0]


def load_records(connection: Connection, record_ids: Sequence[str]) -> list[StoredRecord]:
    """The records with these ids, in the order of receipt."""
    return _select(connection, [usage_record.c.record_id.in_(record_ids)], len(record_ids))


def insert_record(
    connection: Connection, record_id: str, record: UsageRecord, host: str, received_at: datetime
) -> None:
    """Store one record in a transaction that does more than that; for many records there is `RecordWriter`."""
    row = {name: getattr(record, name) for name in _RECORD_COLUMNS}
    row |= {"record_id": record_id, "received_at": received_at, "host": host}
    row["remarks"] = remarks_as_text(record.remarks) or None
    connection.execute(insert(usage_record).values(row))
    properties = [
        {"record_id": record_id, "position": position, "name": name, "value": value}
        for position, (name, value) in enumerate(record.properties)
    ]
    if properties:
        connection.execute(insert(usage_property), properties)


def _select(connection: Connection, conditions: Sequence[ColumnElement[bool]], limit: int) -> list[StoredRecord]:
    rows = connection.execute(
        select(usage_record).where(*conditions).order_by(usage_record.c.record_id).limit(limit)
    ).mappings()
    found = rows.all()
    properties = connection.execute(
        select(usage_property)
        .where(usage_property.c.record_id.in_([row["record_id"] for row in found]))
        .order_by(usage_property.c.record_id, usage_property.c.position)
    )
    by_record = {
        record_id: tuple(Property(row.name, row.value) for row in group)
        for record_id, group in groupby(properties, key=itemgetter(0))
    }
    return [_stored(row, by_record.get(row["record_id"], ())) for row in found]


_RECORD_COLUMNS = tuple(
    column.name for column in usage_record.columns if column.name not in ("record_id", "received_at", "host", "remarks")
)


def _stored(row: RowMapping, properties: tuple[Property, ...]) -> StoredRecord:
    fields: dict[str, Any] = {name: row[name] for name in _RECORD_COLUMNS}
    return StoredRecord(
        record_id=row["record_id"],
        received_at=row["received_at"],
        host=row["host"],
        record=UsageRecord(properties=properties, remarks=remarks_from_text(row["remarks"]), **fields),
    )
