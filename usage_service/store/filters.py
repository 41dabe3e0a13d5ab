"""Which records are wanted: the one filter behind every query."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, exists

from usage_service.accounting.records import RecordFilter
from usage_service.store.tables import usage_adjustment, usage_property, usage_record


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
