"""Questions about stored records. One method for each question."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, exists, select

from usage_service.errors import InvalidValue, NotFound
from usage_service.record import Property, UsageRecord
from usage_service.store.database import Database
from usage_service.store.tables import remarks_from_text, usage_property, usage_record


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredRecord:
    """A record with what the service added when it took it in."""

    record_id: str  # issued by the service; ascending ids are the order of receipt
    received_at: datetime  # aware, UTC
    host: str  # the usage service's own name
    record: UsageRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordFilter:
    """Which records are wanted; every condition that is set must hold."""

    global_transaction_id: str | None = None
    service: str | None = None
    event_type: str | None = None
    code: int | None = None
    requester: str | None = None
    source: str | None = None
    from_time: datetime | None = None  # record_time at or after
    to_time: datetime | None = None  # record_time before
    properties: tuple[Property, ...] = ()  # each of these pairs must be among the record's properties


class Records:
    """Reads stored records."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, record_id: str) -> StoredRecord:
        """The record with this id; raises `NotFound`."""
        _check_record_id(record_id)
        found = self._select([usage_record.c.record_id == record_id], limit=1)
        if not found:
            raise NotFound("record", record_id)
        return found[0]

    def find(self, wanted: RecordFilter, *, after: str | None = None, limit: int = 100) -> list[StoredRecord]:
        """Up to `limit` matching records in the order of receipt, starting behind the record id `after`."""
        conditions = list(_conditions(wanted))
        if after is not None:
            _check_record_id(after)
            conditions.append(usage_record.c.record_id > after)
        return self._select(conditions, limit)

    def _select(self, conditions: Sequence[ColumnElement[bool]], limit: int) -> list[StoredRecord]:
        with self._database.connect() as connection:
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


def _check_record_id(record_id: str) -> None:
    try:
        UUID(record_id)
    except ValueError as error:
        raise InvalidValue("recordID", "is not a record id") from error


def _conditions(wanted: RecordFilter) -> Iterable[ColumnElement[bool]]:
    columns = usage_record.c
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
