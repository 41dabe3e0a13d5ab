"""What a request states becomes a usage record: the one place for both contracts and their fast paths."""

from collections.abc import Sequence
from typing import NamedTuple

from usage_service.record import Property, SequenceNumber, UsageRecord, time_from_milliseconds
from usage_service.soap.headers import CallContext, Posted
from usage_service.xml_text import collapse

REQUESTER_NAMES = frozenset(("REQUESTER", "Requester", "REQUESTOR"))
"""How the services of TWSS spell the attribute that names who asked."""

DEFAULT_SOURCE = "soap"
"""The source of a record whose caller does not number what it sends."""


class NewRecord(NamedTuple):
    """One record of a request, as sent."""

    global_transaction_id: str
    service: str
    event_type: str
    record_time: int  # milliseconds since 1970
    code: int
    properties: tuple[Property, ...]
    source: str | None = None
    sequence: SequenceNumber | None = None


def make_record(
    new: NewRecord, context: CallContext, posted: Posted, *, once_key: str | None, remarks: tuple[str, ...] = ()
) -> UsageRecord:
    """Raises `InvalidValue` or `NotAllowed`."""
    posted.require(new.service)
    requester, principal = context.requester or requester_in(new.properties), posted.principal
    transaction_id = collapse(new.global_transaction_id)
    return UsageRecord(
        global_transaction_id=transaction_id,
        service=new.service,
        event_type=new.event_type,
        record_time=time_from_milliseconds(new.record_time),
        code=new.code,
        properties=new.properties,
        source=(new.source or new.service) if new.sequence else DEFAULT_SOURCE,
        requester=requester,
        principal=principal,
        caller_address=posted.caller_address,
        header_transaction_id=context.transaction_id if context.transaction_id != transaction_id else None,
        header_service_id=context.service_id,
        remarks=remarks,
        once_key=once_key,
        sequence=new.sequence,
    )


def requester_in(properties: Sequence[Property]) -> str | None:
    """Who asked, by the service's own attributes."""
    for name, value in properties:
        if name in REQUESTER_NAMES:
            return value or None
    return None
