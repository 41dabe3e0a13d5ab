"""Receipts: what became of a record that was to be stored.

Records as they are asked for and as they are answered.

What was done to a record after it was stored, by whom and why; what a system states of a usage, and what came of it.

Completeness: how much of what a source numbered has come.

Periods: spans of record times that can be closed.

Rejects: what could not become a record, and what became of it when it was tried again.

Summaries: what is counted and added up, and each group's figures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from usage_service.errors import Conflict, InvalidValue, UsageServiceError
from usage_service.record import Property, UsageRecord


class Receipt(NamedTuple):
    """The proof that a record is durably stored."""

    record_id: str
    replayed: bool = False  # the record was stored by an earlier request with the same idempotency key


Outcome = Receipt | UsageServiceError


def none_stored(count: int, refused: Mapping[int, UsageServiceError]) -> list[Outcome]:
    """The outcomes of an atomic batch that was refused: the culprits' own errors, and who they were for the others."""
    other = Conflict(f"the batch is atomic and its record {min(refused) + 1} was refused")
    return [refused.get(place, other) for place in range(count)]


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
    current: bool = False  # leave out what was voided or replaced
    as_of: datetime | None = None  # what counted at this instant


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredRecord:
    """A record with what the service added when it took it in."""

    record_id: str  # issued by the service; ascending ids are the order of receipt
    received_at: datetime  # aware, UTC
    host: str  # the usage service's own name
    record: UsageRecord


@dataclass(frozen=True, slots=True)
class Page:
    """Some records, and the cursor for the next page; None: this was the last one."""

    records: list[StoredRecord]
    cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Who adjusts a record and why. None of the three may be empty."""

    actor: str  # a person or program
    code: str  # for programs, for example DUPLICATE
    text: str  # for people
    principal: str | None = None  # the caller that authenticated, where one had to

    def __post_init__(self) -> None:
        for field, value in (("actor", self.actor), ("reasonCode", self.code), ("reason", self.text)):
            if not value.strip():
                raise InvalidValue(field, "must not be empty")


@dataclass(frozen=True, kw_only=True, slots=True)
class Adjustment:
    """What was done to a record."""

    record_id: str
    replacement_id: str | None  # None: voided
    adjusted_at: datetime
    reason: Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """That a record shall count no more, what counts in its place (None: nothing), and why."""

    record_id: str
    replacement: UsageRecord | None
    reason: Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """What a system says of one usage now: a record, or None when there is nothing to record any more.

    The idempotency key says what the usage is, not what is known of it: a leg, a call, a line of a file.
    """

    record: UsageRecord | None
    service: str = ""  # of the key; a record states its own
    key: str = ""
    is_known: bool = False  # that the key was used before; saves an attempt to store the record
    record_id: str | None = None  # a record that stood for the usage under another key

    @classmethod
    def of(cls, record: UsageRecord, *, record_id: str | None = None) -> "Statement":
        """What a record with an idempotency key says."""
        return cls(record=record, service=record.service, key=record.once_key or "", record_id=record_id)


class Change(StrEnum):
    """What came of a statement."""

    STORED = "stored"
    CORRECTED = "corrected"
    VOIDED = "voided"
    UNCHANGED = "unchanged"  # the ledger says so already
    KEPT = "kept"  # a person, or another program, corrected or voided it: that stays
    REJECTED = "rejected"  # the ledger does not take it, or its period is closed


@dataclass(frozen=True, kw_only=True, slots=True)
class Upserted:
    """What came of a statement, and what the ledger says of the usage now."""

    change: Change
    version: int = 0  # of the usage: its records and voids, counted from 1; 0: none
    record_id: str | None = None  # None: nothing counts
    record: UsageRecord | None = None
    why: str = ""  # who changed what is kept; why it was rejected


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryEntry:
    """One record of a history, and what ended its life, if anything did."""

    stored: StoredRecord
    adjustment: Adjustment | None


class NumberSpan(NamedTuple):
    """Numbers from the first to the last, both included."""

    first: int
    last: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Completeness:
    """How complete one count of one source is."""

    source: str
    epoch: str
    first_number: int  # 1, or lower where the source began lower
    last_number: int
    seen: int  # different numbers that came
    missing: int
    repeated: int  # how often a number came again
    last_seen_at: datetime  # since when nothing came
    gaps: tuple[NumberSpan, ...]


EVERY_SERVICE = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A span of record times, of one service or of all."""

    starts_at: datetime  # aware, UTC; included
    ends_at: datetime  # aware, UTC; not included
    service: str = EVERY_SERVICE

    def __post_init__(self) -> None:
        if self.starts_at >= self.ends_at:
            raise InvalidValue("endsAt", "must be later than startsAt")


@dataclass(frozen=True, kw_only=True, slots=True)
class ClosedPeriod:
    """A period that is closed now. Its figures are those as of `closed_at`."""

    period: Period
    closed_at: datetime
    actor: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reject:
    """Something that was refused."""

    source: str  # the edge or foreign system it came from
    message_id: str  # which kind of mistake, for example UREC0001E
    reason: str  # what is wrong, for people
    body: bytes  # what was sent
    field: str | None = None  # the field at fault
    content_type: str | None = None
    caller_address: str | None = None
    principal: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptReject:
    """A reject as it is stored; its body may have been cut."""

    reject_id: str
    rejected_at: datetime
    reject: Reject
    body_bytes: int  # length of the whole body
    replayed: bool  # whether a replay has made a record of it

    @property
    def complete(self) -> bool:
        """Whether the whole body was kept; only then can it be replayed."""
        return len(self.reject.body) == self.body_bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """One attempt to make a record of a reject after all."""

    reject_id: str
    actor: str
    record_id: str | None  # None: refused again
    reason: str | None = None  # why it was refused again


Bucket = Literal["hour", "day", "week", "month", "year"]
Dimension = Literal["service", "event_type", "code", "requester", "source"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SummaryQuery:
    """What to count and how to group it."""

    wanted: RecordFilter
    dimensions: tuple[Dimension, ...] = ()
    property_names: tuple[str, ...] = ()  # group by the (first) value of these properties
    bucket: Bucket | None = None  # group by span of record time …
    time_zone: str = "UTC"  # … as clocks in this zone show it
    sum_property: str | None = None  # add up this property, wherever it is a number

    def __post_init__(self) -> None:
        for dimension in self.dimensions:
            if dimension not in get_args(Dimension):
                raise InvalidValue("groupBy", f"{dimension} is not one of {', '.join(get_args(Dimension))}")
        if self.bucket is not None and self.bucket not in get_args(Bucket):
            raise InvalidValue("bucket", f"{self.bucket} is not one of {', '.join(get_args(Bucket))}")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise InvalidValue("timeZone", f"{self.time_zone} is not a time zone such as Europe/Stockholm") from error


@dataclass(frozen=True, kw_only=True, slots=True)
class SummaryRow:
    """One group."""

    group: tuple[tuple[str, str | int | None], ...]  # dimension or property name → value, in the query's order
    bucket_start: datetime | None  # aware, in the query's zone
    count: int  # records
    total: Decimal | None  # sum of the property; None if no record had a number in it
    not_numeric: int  # values of the property that are not numbers and were left out
