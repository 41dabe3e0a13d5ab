"""Records as rows: the columns that every INSERT and every query of records shares."""

from operator import attrgetter
from typing import Any

from usage_service.ledger.tables import remarks_as_text, usage_record
from usage_service.record import UsageRecord

STATED = tuple(
    column.name for column in usage_record.columns if column.name not in ("record_id", "received_at", "host", "remarks")
)
"""The columns that hold what a record states. Its attributes have the same names; those that may be NULL come last."""

stated = attrgetter(*STATED)
"""Their values in a record."""

_REQUIRED = sum(not usage_record.c[name].nullable for name in STATED)


def row_of(record: UsageRecord) -> tuple[Any, ...]:
    """The same and the remarks, with NULL in the place of what is empty."""
    values = stated(record)
    optional = [text or None for text in values[_REQUIRED:]]
    return (*values[:_REQUIRED], *optional, remarks_as_text(record.remarks) or None)
