"""A CDR line as a usage record: the supplier's word for one use of a bridge, and who pays for it."""

from collections.abc import Iterator
from datetime import datetime

from usage_service.record import MAX_ID_LENGTH, MAX_VALUE_LENGTH, Property, UsageRecord
from usage_service.systems.bridge_billing.allocation import Charge
from usage_service.systems.bridge_billing.cdr import CdrLine
from usage_service.xml_text import to_xml_text

EVENT_TYPE = "conferenceCharge"
TRUST = "supplier"
"""Whose word the record is: the bridge operator's, whose interest is to be paid."""


def once_key(line: CdrLine) -> str:
    """The key under which a line is stored once, however often its file is imported."""
    return f"{line.position.file_sha256}:{line.position.row}"


def usage_record(charge: Charge) -> UsageRecord:
    """The usage record of a charged line. All lines of one conference share its id as transaction id."""
    line = charge.line
    conference = line.conference_id
    shared = conference if conference is not None and len(conference) <= MAX_ID_LENGTH else None
    return UsageRecord(
        global_transaction_id=shared or once_key(line),
        service=line.account.service,
        event_type=EVENT_TYPE,
        record_time=line.start,
        code=0,
        properties=tuple(_properties(charge)),
        source=line.account.service,
        requester=charge.key.user_key,
        remarks=line.remarks,
        once_key=once_key(line),
    )


def _properties(charge: Charge) -> Iterator[Property]:
    line, key = charge.line, charge.key
    values = {
        "subject": line.account.external_id,
        "user": key.user_key,
        "customerId": key.customer_id,
        "userTag": key.sequencenumber,
        "conferenceId": line.conference_id,
        "start": line.start,
        "end": line.end,
        "minutes": line.minutes,
        "quantity": line.quantity,
        "amount": line.amount,
        "currency": line.currency,
        "tax": line.tax,
        "rate": line.rate,
        "participant": line.participant,
        "callingNumber": line.calling_number,
        "calledNumber": line.called_number,
        "accessType": line.access_type,
        "billingCode": line.billing_code,
        "trust": TRUST,
        "sheet": line.position.sheet,
        "layout": line.position.layout,
        "raw": line.raw,
    }
    for name, value in values.items():
        if value is not None:
            text = value.isoformat() if isinstance(value, datetime) else str(value)
            yield Property(name, to_xml_text(text)[:MAX_VALUE_LENGTH])
