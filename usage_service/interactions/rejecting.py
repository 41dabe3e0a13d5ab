"""What could not be used of a log, or not be made a usage record, as rejects."""

import hashlib

from usage_service.accounting.rejects import Reject
from usage_service.record import UsageRecord
from usage_service.sources.genesys.event import TIME_FROM_HEADER, CallEvent, Rejected
from usage_service.sources.genesys.load import Batch
from usage_service.store.genesys_reading import PlacedReject

SOURCE = "genesys"
UNREADABLE, DAMAGED, NOT_RECORDED = "GENESYS0001E", "GENESYS0002W", "GENESYS0003E"
"""A message that could not be read; one of which only a part could; an interaction the ledger did not take."""


def rejects_of(batch: Batch) -> list[PlacedReject]:
    """Everything in a batch that could not be used, with its place."""
    unreadable = [_unreadable(rejected) for rejected in batch.rejected]
    damaged = [
        _damaged(event, remark) for event in batch.events for remark in event.remarks if remark != TIME_FROM_HEADER
    ]
    return unreadable + damaged


def not_recorded(what: str, reason: str) -> PlacedReject:
    """A record, or an interaction, that did not enter the ledger."""
    return _placed(Reject(source=SOURCE, message_id=NOT_RECORDED, reason=f"{what}: {reason}", body=b""))


def described(record: UsageRecord) -> str:
    """A record as a person finds it again."""
    calls = [value for name, value in record.properties if name == "CallUUID"]
    return f"{record.service} of {record.global_transaction_id}, call {calls[0] if calls else '-'}"


def _unreadable(rejected: Rejected) -> PlacedReject:
    place = f"{rejected.place.file} at byte {rejected.place.offset}"
    return _placed(
        Reject(source=SOURCE, message_id=UNREADABLE, reason=f"{place}: {rejected.reason}", body=rejected.text)
    )


def _damaged(event: CallEvent, remark: str) -> PlacedReject:
    place = f"{event.place.file} at byte {event.place.offset}"
    reason = f"{place}: call {event.call_uuid}: {remark}"
    return _placed(Reject(source=SOURCE, message_id=DAMAGED, reason=reason, body=b""))


def _placed(reject: Reject) -> PlacedReject:
    return PlacedReject(hashlib.sha256(reject.reason.encode() + b"\0" + reject.body).hexdigest(), reject)
