"""Records of any service that refer to something by a property's value."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select

from usage_service.accounting.records import StoredRecord
from usage_service.store.database import Database
from usage_service.store.genesys_calls import chunks
from usage_service.store.records import load_records
from usage_service.store.tables import usage_adjustment, usage_property, usage_record

TRANSACTION_ID = "globalTransactionID"
"""Stands for the record's transaction id where the name of a property is asked for."""


def records_referring(
    database: Database, service: str, name: str, values: Collection[str], span: tuple[datetime, datetime]
) -> list[StoredRecord]:
    """What counts of a service's records in a span of record times (both ends included) and has one of the values."""
    columns = usage_record.c
    conditions = (
        columns.record_time >= span[0],
        columns.record_time <= span[1],
        columns.service == service,
        ~exists().where(usage_adjustment.c.record_id == columns.record_id),
    )
    with database.connect() as connection:
        found: list[str] = []
        for some in chunks(values):
            query = select(columns.record_id).where(*conditions, _has(name, some))
            found += connection.execute(query).scalars()
        return load_records(connection, found)


def _has(name: str, values: Collection[str]) -> ColumnElement[bool]:
    if name == TRANSACTION_ID:
        return usage_record.c.global_transaction_id.in_(values)
    return exists().where(
        usage_property.c.record_id == usage_record.c.record_id,
        usage_property.c.name == name,
        usage_property.c.value.in_(values),
    )
