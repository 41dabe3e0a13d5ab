"""The Usage Ledger's contract in Python: what is asked and answered, typed and frozen.

Each class is a type of `UsageLedger.wsdl`, field by field: a name such as `record_id` stands for its element
`recordID`, a plural such as `gaps` for elements `gap`. Times are aware; sums are `Decimal`.

Traced interactions as the Usage Ledger's contract states them; see `ledger_words`.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar

import msgspec
from zeep.helpers import serialize_object

from usage_service.record import Property, UsageRecord, milliseconds_from_time

View = Literal["current", "all", "asOf"]
GroupKey = Literal["service", "eventType", "code", "requester", "source"]
TimeBucket = Literal["hour", "day", "week", "month", "year"]
Status = Literal["stored", "duplicate", "rejected"]

Word = TypeVar("Word")


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordFilter:
    """Which records are meant; every condition that is given must hold."""

    global_transaction_id: str | None = None
    service: str | None = None
    event_type: str | None = None
    code: int | None = None
    requester: str | None = None
    source: str | None = None
    from_time: datetime | None = None  # record time at or after
    to_time: datetime | None = None  # record time before
    properties: tuple[Property, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Who adjusts a record and why; none of the three may be empty."""

    actor: str  # a person or program
    code: str  # for programs, for example DUPLICATE
    text: str  # for people


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What became of one record of a batch."""

    status: Status
    record_id: str | None = None  # for a duplicate: of the record that used its key first
    field: str | None = None  # the element at fault, where one is
    message_id: str | None = None  # for a rejected record: the kind of mistake
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredRecord:
    """A record as it is kept."""

    record_id: str
    received_at: datetime
    global_transaction_id: str
    service: str
    event_type: str
    record_time: datetime
    code: int
    source: str
    host: str
    properties: tuple[Property, ...] = ()
    requester: str | None = None
    principal: str | None = None
    caller_address: str | None = None
    header_transaction_id: str | None = None
    header_service_id: str | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Adjustment:
    """The end of a record's life: it was voided, or another record took its place."""

    record_id: str
    replacement_id: str | None = None  # None: voided
    adjusted_at: datetime
    actor: str
    reason_code: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryEntry:
    """One record of a history, and what ended its life, if anything did."""

    record: StoredRecord
    adjustment: Adjustment | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageGroup:
    """The usage that shares the values asked for."""

    count: int
    service: str | None = None
    event_type: str | None = None
    code: int | None = None
    requester: str | None = None
    source: str | None = None
    properties: tuple[Property, ...] = ()
    bucket_start: datetime | None = None
    sum: Decimal | None = None
    not_numeric: int | None = None  # values that are no numbers and were left out of the sum


@dataclass(frozen=True, kw_only=True, slots=True)
class ClosedPeriod:
    """A period that is closed now."""

    starts_at: datetime  # record times from here, included
    ends_at: datetime  # to here, not included
    service: str | None = None  # None: every service
    closed_at: datetime  # the instant its figures are as of
    actor: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Closing:
    """The answer to closing a period."""

    period: ClosedPeriod
    record_count: int  # how many records count in it


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberSpan:
    """Missing numbers, from the first to the last."""

    first: int
    last: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceCompleteness:
    """How complete one count of one source is."""

    source: str
    epoch: str
    first_number: int
    last_number: int
    seen: int  # different numbers that came
    missing: int
    repeated: int  # how often a number came again
    last_seen_at: datetime
    gaps: tuple[NumberSpan, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reject:
    """Something that could not become a record."""

    reject_id: str
    rejected_at: datetime
    source: str
    message_id: str
    field: str | None = None
    reason: str
    content_type: str | None = None
    caller_address: str | None = None
    principal: str | None = None
    replayed: bool
    body_bytes: int  # length of the whole body
    body: bytes | None = None  # cut at the configured length; None in lists


_PLURALS = {
    "property": "properties",
    "attribute": "attributes",
    "remark": "remarks",
    "gap": "gaps",
    "call": "calls",
    "connID": "conn_ids",
    "root": "roots",
    "step": "steps",
    "link": "links",
    "side": "sides",
    "timeLine": "time_lines",
    "moment": "moments",
    "problem": "problems",
}
"""Elements that may repeat → the field that holds them all."""
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def from_answer(answer: Any, kind: type[Word]) -> Word:
    """Zeep's answer as the contract's type; raises `msgspec.ValidationError` for what is not in the contract."""
    plain = serialize_object(answer, dict)
    return msgspec.convert(_renamed(plain), kind)


def _renamed(value: Any) -> Any:
    """Zeep gives an empty element as None, as it does one that is left out."""
    if isinstance(value, list):
        return [_renamed(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"name", "value"}:
        return tuple(text or "" for text in value.values())
    return {_field(name): _renamed(one) for name, one in value.items() if one is not None}


def _field(element: str) -> str:
    return _PLURALS.get(element) or _HUMP.sub("_", element).lower()


def filter_elements(wanted: RecordFilter) -> dict[str, Any]:
    """A filter as elements."""
    return {
        "globalTransactionID": wanted.global_transaction_id,
        "service": wanted.service,
        "eventType": wanted.event_type,
        "code": wanted.code,
        "requester": wanted.requester,
        "source": wanted.source,
        "fromTime": wanted.from_time,
        "toTime": wanted.to_time,
        "property": _pairs(wanted.properties),
    }


def reason_elements(reason: Reason) -> dict[str, str]:
    """Who and why, as elements."""
    return {"actor": reason.actor, "reasonCode": reason.code, "reason": reason.text}


def stated(record: UsageRecord) -> dict[str, Any]:
    """What a record states, as elements: the part that new records and replacements share."""
    return {
        "globalTransactionID": record.global_transaction_id,
        "service": record.service,
        "eventType": record.event_type,
        "recordTime": milliseconds_from_time(record.record_time),
        "code": record.code,
        "property": _pairs(record.properties),
    }


def new_record(record: UsageRecord) -> dict[str, Any]:
    """A record to write, with its own key and its place in its source's numbering."""
    elements = stated(record)
    if record.once_key is not None:
        elements["key"] = record.once_key
    if record.sequence is not None:
        elements["sequence"] = {"source": record.source, **record.sequence._asdict()}
    return elements


def _pairs(properties: tuple[Property, ...]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in properties]


@dataclass(frozen=True, kw_only=True, slots=True)
class TracedCall:
    """A call as one server saw it."""

    server: str
    server_inferred: bool  # its name was concluded from what others said
    call_uuid: str
    conn_ids: tuple[str, ...] = ()
    started: datetime  # by the clock of the server
    ended: datetime | None = None
    merged_into: str | None = None
    attributes: tuple[Property, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PathStep:
    """One step of the path across servers."""

    from_call: str
    to_call: str
    kind: Literal["link", "merge"]
    link_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkSide:
    """What one call reported of a link."""

    call_uuid: str
    current_call: str  # after merges
    role: str
    remote_location: str = ""
    removed: bool  # it has left the call's list of links


@dataclass(frozen=True, kw_only=True, slots=True)
class TracedLink:
    """A link between calls of two servers, with all its sides."""

    link_id: str
    state: Literal["waiting", "complete", "no_pair", "failed"]
    sides: tuple[LinkSide, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """One entry of a server's time line."""

    time: datetime  # by the clock of the server
    call_uuid: str
    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeLine:
    """What one server reported, in its own order; times of different servers cannot be compared."""

    server: str
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RelatedRecord:
    """A usage record of another system that carries a value of one of the calls."""

    call_uuid: str
    record_id: str
    service: str
    event_type: str
    record_time: datetime  # by the clock of that system
    property_name: str
    value: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interaction:
    """What a customer experienced as one: calls on several servers, tied together by links."""

    interaction_id: str
    settled: bool  # every call has ended, and no link is waited for any more
    calls: tuple[TracedCall, ...] = ()  # in the order of the path
    roots: tuple[str, ...] = ()  # where it begins
    steps: tuple[PathStep, ...] = ()
    links: tuple[TracedLink, ...] = ()
    time_lines: tuple[TimeLine, ...] = ()
    problems: tuple[str, ...] = ()  # reports that contradict each other
    related: tuple[RelatedRecord, ...] = ()
