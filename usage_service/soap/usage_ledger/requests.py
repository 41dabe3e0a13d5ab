"""The Usage Ledger's requests in the words of the product. Values come as the schema allowed them, all as text."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from usage_service.errors import InvalidValue
from usage_service.ledger.model import EVERY_SERVICE, Bucket, Dimension, Period, Reason, RecordFilter, SummaryQuery
from usage_service.record import Property, SequenceNumber, UsageRecord
from usage_service.record_ids import checked_record_id
from usage_service.soap.headers import CallContext, Posted
from usage_service.soap.new_record import NewRecord
from usage_service.soap.usage_ledger.batch import KeyedRecord, make_item
from usage_service.times import time_from_iso

MAX_PAGE, USUAL_PAGE = 1_000, 100

DIMENSIONS: dict[str, Dimension] = {
    "service": "service",
    "eventType": "event_type",
    "code": "code",
    "requester": "requester",
    "source": "source",
}
"""The contract's words for what usage is grouped by → ours."""


def new_record(sent: Any) -> KeyedRecord:
    """A record of a batch."""
    stated, place = _stated(sent), sent.sequence
    if place is not None:
        stated = stated._replace(source=place.source, sequence=SequenceNumber(place.epoch, int(place.number)))
    return KeyedRecord(stated, sent.key)


def replacement(sent: Any, context: CallContext, posted: Posted) -> UsageRecord:
    """The record that shall take the place of another; raises `InvalidValue` or `NotAllowed`."""
    item = make_item(KeyedRecord(_stated(sent)), replace(context, once_key=None), 1, posted)
    if isinstance(item, UsageRecord):
        return item
    raise item


def _stated(sent: Any) -> NewRecord:
    return NewRecord(
        sent.globalTransactionID,
        sent.service,
        sent.eventType,
        int(sent.recordTime),
        int(sent.code),
        properties(sent.property),
    )


def properties(sent: Any) -> tuple[Property, ...]:
    """Name/value pairs, in their order."""
    return tuple(Property(pair.name, pair.value) for pair in sent or ())


def record_filter(request: Any) -> RecordFilter:
    """The filter and the view of a query; raises `InvalidValue`."""
    view, instant = (request.view or "current").strip(), moment("instant", request.instant)
    if (view == "asOf") != (instant is not None):
        raise InvalidValue("instant", "belongs to the view asOf, which needs it")
    sent = request.filter
    if sent is None:
        return RecordFilter(current=view == "current", as_of=instant)
    return RecordFilter(
        global_transaction_id=sent.globalTransactionID,
        service=sent.service,
        event_type=sent.eventType,
        code=None if sent.code is None else int(sent.code),
        requester=sent.requester,
        source=sent.source,
        from_time=moment("fromTime", sent.fromTime),
        to_time=moment("toTime", sent.toTime),
        properties=properties(sent.property),
        current=view == "current",
        as_of=instant,
    )


def summary_query(request: Any) -> SummaryQuery:
    """What to count; raises `InvalidValue`."""
    return SummaryQuery(
        wanted=record_filter(request),
        dimensions=tuple(DIMENSIONS[key.strip()] for key in request.groupBy or ()),
        property_names=tuple(request.groupByProperty or ()),
        bucket=cast(Bucket, request.timeBucket.strip()) if request.timeBucket else None,
        time_zone=request.timeZone or "UTC",
        sum_property=request.sumProperty,
    )


def page_size(sent: str | None) -> int:
    """How many a page shall have; raises `InvalidValue`."""
    size = USUAL_PAGE if sent is None else int(sent)
    if not 1 <= size <= MAX_PAGE:
        raise InvalidValue("pageSize", f"must be 1 to {MAX_PAGE}")
    return size


def reason(request: Any, principal: str | None) -> Reason:
    """Who adjusts and why; raises `InvalidValue`. `principal` authenticated, the actor is what the request states."""
    return Reason(actor=request.actor, code=request.reasonCode, text=request.reason, principal=principal)


def period(request: Any) -> Period:
    """A span of time; raises `InvalidValue`."""
    return Period(
        starts_at=required_moment("startsAt", request.startsAt),
        ends_at=required_moment("endsAt", request.endsAt),
        service=request.service or EVERY_SERVICE,
    )


def moment(field: str, sent: str | None) -> datetime | None:
    """An optional xsd:dateTime."""
    return None if sent is None else required_moment(field, sent)


def required_moment(field: str, sent: str) -> datetime:
    """An xsd:dateTime in UTC, which is also meant where no offset is given; `InvalidValue` outside years 1 to 9999."""
    try:
        return time_from_iso(sent.strip(), zone=UTC)
    except ValueError as error:
        raise InvalidValue(field, f"{sent.strip()[:40]} is not a time of the years 1 to 9999") from error


def flag(sent: str | None) -> bool:
    """An optional xsd:boolean; false if it is left out."""
    return sent is not None and sent.strip() in ("true", "1")


def actor(request: Any) -> str:
    """Who does it; raises `InvalidValue`."""
    if not request.actor.strip():
        raise InvalidValue("actor", "must not be empty")
    name: str = request.actor
    return name


def reject_cursor(sent: str | None) -> str | None:
    """Where a list of rejects goes on; raises `InvalidValue` for what was not given out as a cursor."""
    try:
        return checked_record_id(sent) if sent is not None else None
    except InvalidValue as error:
        raise InvalidValue("cursor", "is not one that was given out") from error
