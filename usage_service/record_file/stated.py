"""What a line states about a record, whatever it was written in, and the record it makes."""

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from usage_service.errors import InvalidValue
from usage_service.record import Property, SequenceNumber, UsageRecord, time_from_milliseconds
from usage_service.times import time_from_iso

PROPERTY = "property:"
"""A CSV column `property:NAME` is a property of that name."""

COLUMNS = {
    "globalTransactionID": "global_transaction_id",
    "eventType": "event_type",
    "recordTime": "record_time",
    "property": "properties",
    "serviceAttributes": "properties",
    "serviceValues": "properties",
    "key": "once_key",
    "epoch": "sequence_epoch",
    "number": "sequence_number",
}
"""The contract's word for a field → the column it was read from; other fields are called as their columns."""


class Stated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The columns of one record. What is not optional keeps a line from becoming another record when sent again."""

    global_transaction_id: str
    service: str
    event_type: str
    record_time: str | int  # ISO 8601, in UTC unless it says otherwise; or milliseconds since 1970
    code: int = 0
    properties: list[tuple[str, str]] | dict[str, str] = []
    once_key: str | None = None  # makes it safe to send again, in whichever file
    sequence_source: str | None = None  # who counts; the service if it is left out
    sequence_epoch: str | None = None
    sequence_number: int | None = None
    # What the service finds out by itself: not used, but what it printed can be read again.
    record_id: Any = None
    received_at: Any = None
    host: Any = None
    source: Any = None
    requester: Any = None
    principal: Any = None
    caller_address: Any = None
    header_transaction_id: Any = None
    header_service_id: Any = None
    remarks: Any = None

    def record(self) -> UsageRecord:
        """The record; raises `InvalidValue`, with the contract's word for the field."""
        sequence = self._sequence()
        return UsageRecord(
            global_transaction_id=self.global_transaction_id,
            service=self.service,
            event_type=self.event_type,
            record_time=moment(self.record_time),
            code=self.code,
            properties=self._properties(),
            source=(self.sequence_source or self.service) if sequence else "file",
            once_key=self.once_key,
            sequence=sequence,
        )

    def _properties(self) -> tuple[Property, ...]:
        pairs = self.properties.items() if isinstance(self.properties, dict) else self.properties
        return tuple(Property(name, value) for name, value in pairs)

    def _sequence(self) -> SequenceNumber | None:
        if self.sequence_epoch is not None and self.sequence_number is not None:
            return SequenceNumber(self.sequence_epoch, self.sequence_number)
        if (self.sequence_source, self.sequence_epoch, self.sequence_number) != (None, None, None):
            raise InvalidValue("sequence_number", "belongs to a sequence_epoch, and that to a number")
        return None


Form = Literal["csv", "json"]
KNOWN_COLUMNS = frozenset(Stated.__struct_fields__)


def moment(stated: str | int) -> datetime:
    """The time that a column states; raises `InvalidValue`."""
    if isinstance(stated, int) or stated.lstrip("-").isdecimal():
        return time_from_milliseconds(int(stated))
    try:
        return time_from_iso(stated, zone=UTC)
    except ValueError as error:
        raise InvalidValue(
            "recordTime", f"{stated[:40]} is not an ISO 8601 time or a number of milliseconds"
        ) from error


def stated(columns: Any) -> Stated:
    """The columns of a record, checked; raises `InvalidValue` that names the column."""
    try:
        return msgspec.convert(columns, Stated)
    except msgspec.ValidationError as error:
        raise invalid(error) from error


def invalid(error: msgspec.ValidationError) -> InvalidValue:
    """What is wrong with a line, by its column: `Expected … - at `$.code`` and `Object … field `code`` name it."""
    problem, _, path = str(error).partition(" - at `$.")
    if path:
        return InvalidValue(path.partition("[")[0].partition(".")[0].rstrip("`"), problem)
    return InvalidValue(problem.split("`")[1] if "field `" in problem else "line", problem)
