"""Counting records and adding up a numeric property, grouped by what accounting asks for."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Numeric, Text, case, cast, func, literal, select

from usage_service.database.database import Database
from usage_service.database.sqlite_functions import NUMBER
from usage_service.ledger.model import Bucket, SummaryQuery, SummaryRow
from usage_service.ledger.records import conditions_of
from usage_service.ledger.tables import UtcTime, usage_property, usage_record


class Summaries:
    """Sums up stored records."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def summarize(self, query: SummaryQuery) -> list[SummaryRow]:
        """One row for each group, ordered by group."""
        sqlite = self._database.dialect == "sqlite"
        keys = [key.label(f"key_{number}") for number, key in enumerate(_keys(query, sqlite))]
        amount, bad = _amount(query.sum_property, sqlite)
        columns = (*keys, amount.label("amount"), bad.label("bad"))
        per_record = select(*columns).where(*conditions_of(query.wanted)).subquery()
        groups = [per_record.c[key.name] for key in keys]
        total = func.decimal_sum(per_record.c.amount) if sqlite else func.sum(per_record.c.amount)
        statement = (
            select(*groups, func.count(), total, func.coalesce(func.sum(per_record.c.bad), 0))
            .group_by(*groups)
            .order_by(*groups)
        )
        with self._database.connect() as connection:
            return [_row(query, tuple(row)) for row in connection.execute(statement)]


def _keys(query: SummaryQuery, sqlite: bool) -> Iterator[ColumnElement[Any]]:
    if query.bucket is not None:
        yield _bucket_start(query.bucket, query.time_zone, sqlite)
    for dimension in query.dimensions:
        yield usage_record.c[dimension]
    for name in query.property_names:
        yield (
            select(usage_property.c.value)
            .where(usage_property.c.record_id == usage_record.c.record_id, usage_property.c.name == name)
            .order_by(usage_property.c.position)
            .limit(1)
            .scalar_subquery()
        )


def _bucket_start(bucket: Bucket, zone: str, sqlite: bool) -> ColumnElement[Any]:
    """The instant at which the span of a record's time began, by the clocks of a zone.

    For SQLite `sqlite_functions.bucket_start` does it, in the same way.
    """
    time = usage_record.c.record_time
    if sqlite:
        return func.bucket_start(time, bucket, zone, type_=UtcTime)
    if bucket == "hour":
        local = func.timezone(zone, time)
        return func.date_trunc("second", time - (local - func.date_trunc("hour", local)), type_=UtcTime)
    return func.date_trunc(bucket, time, zone, type_=UtcTime)


def _amount(name: str | None, sqlite: bool) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The sum of a property within one record, and how many of its values are not numbers."""
    if name is None:
        return cast(literal(None), Text if sqlite else Numeric), literal(0)
    value = usage_property.c.value
    is_number = func.is_number(value) == 1 if sqlite else value.op("~")(f"^{NUMBER.pattern}$")
    same = (usage_property.c.record_id == usage_record.c.record_id, usage_property.c.name == name)
    number = case((is_number, value if sqlite else cast(value, Numeric)))
    added = func.decimal_sum(number) if sqlite else func.sum(number)
    bad = select(func.count()).where(*same, ~is_number).scalar_subquery()
    return select(added).where(*same).scalar_subquery(), bad


def _row(query: SummaryQuery, row: Sequence[Any]) -> SummaryRow:
    *keys, count, total, bad = row
    start: datetime | None = keys.pop(0) if query.bucket is not None else None
    return SummaryRow(
        group=tuple(zip((*query.dimensions, *query.property_names), keys, strict=True)),
        bucket_start=start.astimezone(ZoneInfo(query.time_zone)) if start else None,
        count=count,
        total=None if total is None else Decimal(total),
        not_numeric=int(bad),
    )
