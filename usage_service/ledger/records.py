"""Where a paged query goes on: opaque text for callers, checked when it comes back.

Which records are wanted: the one filter behind every query.

Questions about stored records. One method for each question.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, exists, select

from usage_service.database.bulk import among, chunks, insert_rows
from usage_service.database.database import Database
from usage_service.errors import InvalidValue, NotFound
from usage_service.ledger.model import Page, RecordFilter, StoredRecord
from usage_service.ledger.rows import STATED, row_of
from usage_service.ledger.tables import (
    remarks_from_text,
    usage_adjustment,
    usage_property,
    usage_record,
)
from usage_service.record import Property, UsageRecord
from usage_service.record_ids import checked_record_id, latest_possible_id


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the answer to one filter."""

    filter_digest: str  # of the filter it was given out for
    until: str  # the newest id that can belong to the answer: what comes later is for the next query
    after: str | None = None  # the last id given out

    @classmethod
    def new(cls, wanted: RecordFilter) -> "Cursor":
        """The place before the first record."""
        return cls(_digest(wanted), latest_possible_id())

    @classmethod
    def read(cls, text: str, wanted: RecordFilter) -> "Cursor":
        """The place that a text stands for; raises `InvalidValue` if it is not one of this filter."""
        try:
            cursor = msgspec.json.decode(base64.urlsafe_b64decode(text), type=cls)
        except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
            raise InvalidValue("cursor", "is not one that was given out") from error
        if cursor.filter_digest != _digest(wanted):
            raise InvalidValue("cursor", "belongs to another query")
        return cursor

    def moved(self, record_id: str) -> "Cursor":
        """The place behind a record."""
        return replace(self, after=record_id)

    def text(self) -> str:
        """The cursor as callers see it."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode()


def _digest(wanted: RecordFilter) -> str:
    return blake2b(msgspec.json.encode(wanted), digest_size=8).hexdigest()


def conditions_of(wanted: RecordFilter) -> Iterator[ColumnElement[bool]]:
    """The conditions on `usage_record` that say the same."""
    columns = usage_record.c
    if wanted.as_of is not None:
        yield columns.received_at <= wanted.as_of
        yield ~_adjusted_by(usage_adjustment.c.adjusted_at <= wanted.as_of)
    elif wanted.current:
        yield ~_adjusted_by()
    for name in ("global_transaction_id", "service", "event_type", "code", "requester", "source"):
        value = getattr(wanted, name)
        if value is not None:
            yield columns[name] == value
    if wanted.from_time is not None:
        yield columns.record_time >= wanted.from_time
    if wanted.to_time is not None:
        yield columns.record_time < wanted.to_time
    for name, value in wanted.properties:
        yield exists().where(
            usage_property.c.record_id == columns.record_id,
            usage_property.c.name == name,
            usage_property.c.value == value,
        )


def _adjusted_by(*when: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(usage_adjustment.c.record_id == usage_record.c.record_id, *when)


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
    found: list[StoredRecord] = []
    for chunk in chunks(sorted(set(record_ids))):
        found += _select(connection, [among(connection, usage_record.c.record_id, chunk)], len(chunk))
    return found


def insert_records(
    connection: Connection, records: Mapping[str, UsageRecord], host: str, received_at: datetime
) -> None:
    """Store records under these ids in a transaction that does more than that; what comes in has `RecordWriter`."""
    names = (*STATED, "remarks", "received_at", "host", "record_id")
    rows = [
        dict(zip(names, (*row_of(record), received_at, host, record_id), strict=True))
        for record_id, record in records.items()
    ]
    insert_rows(connection, usage_record, rows)
    properties = [
        {"record_id": record_id, "position": position, "name": name, "value": value}
        for record_id, record in records.items()
        for position, (name, value) in enumerate(record.properties)
    ]
    insert_rows(connection, usage_property, properties)


def _select(connection: Connection, conditions: Sequence[ColumnElement[bool]], limit: int) -> list[StoredRecord]:
    rows = connection.execute(
        select(usage_record).where(*conditions).order_by(usage_record.c.record_id).limit(limit)
    ).mappings()
    found = rows.all()
    properties = connection.execute(
        select(usage_property)
        .where(among(connection, usage_property.c.record_id, [row["record_id"] for row in found]))
        .order_by(usage_property.c.record_id, usage_property.c.position)
    )
    by_record = {
        record_id: tuple(Property(row.name, row.value) for row in group)
        for record_id, group in groupby(properties, key=itemgetter(0))
    }
    return [_stored(row, by_record.get(row["record_id"], ())) for row in found]


def _stored(row: RowMapping, properties: tuple[Property, ...]) -> StoredRecord:
    fields: dict[str, Any] = {name: row[name] for name in STATED}
    return StoredRecord(
        record_id=row["record_id"],
        received_at=row["received_at"],
        host=row["host"],
        record=UsageRecord(properties=properties, remarks=remarks_from_text(row["remarks"]), **fields),
    )
