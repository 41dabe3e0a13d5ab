"""The Usage Ledger's answers in the words of its contract: what Spyne shall write, by element name.

Traced interactions in the words of the Usage Ledger's contract, from the plain values that other forms carry too.
"""

import base64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from usage_service.errors import UsageServiceError
from usage_service.ledger.model import (
    Adjustment,
    ClosedPeriod,
    Completeness,
    HistoryEntry,
    KeptReject,
    Outcome,
    StoredRecord,
    SummaryRow,
)
from usage_service.record import Property
from usage_service.soap.faults import field_of, translation_of
from usage_service.soap.usage_ledger.requests import DIMENSIONS

Fields = dict[str, Any]
"""Element name → text, fields of its own, or a list of these; None leaves the element out."""

_WORDS: dict[str, str] = {ours: word for word, ours in DIMENSIONS.items()}


def verdict(outcome: Outcome) -> Fields:
    """What became of one record."""
    if isinstance(outcome, UsageServiceError):
        return {
            "status": "rejected",
            "field": field_of(outcome),
            "messageID": translation_of(outcome).message_id,
            "reason": str(outcome),
        }
    return {"status": "duplicate" if outcome.replayed else "stored", "recordID": outcome.record_id}


def stored_record(stored: StoredRecord) -> Fields:
    """A record as it is kept."""
    record = stored.record
    return {
        "recordID": stored.record_id,
        "receivedAt": time_text(stored.received_at),
        "globalTransactionID": record.global_transaction_id,
        "service": record.service,
        "eventType": record.event_type,
        "recordTime": time_text(record.record_time),
        "code": str(record.code),
        "property": pairs(record.properties),
        "source": record.source,
        "host": stored.host,
        "requester": record.requester,
        "principal": record.principal,
        "callerAddress": record.caller_address,
        "headerTransactionID": record.header_transaction_id,
        "headerServiceID": record.header_service_id,
        "remark": list(record.remarks),
    }


def adjustment(done: Adjustment) -> Fields:
    """The end of a record's life."""
    return {
        "recordID": done.record_id,
        "replacementID": done.replacement_id,
        "adjustedAt": time_text(done.adjusted_at),
        "actor": done.reason.actor,
        "reasonCode": done.reason.code,
        "reason": done.reason.text,
    }


def history_entry(entry: HistoryEntry) -> Fields:
    """One record of a history."""
    return {
        "record": stored_record(entry.stored),
        "adjustment": adjustment(entry.adjustment) if entry.adjustment else None,
    }


def usage_group(row: SummaryRow, property_names: Iterable[str], *, summed: bool) -> Fields:
    """One group of a summary. What a record does not have is left out, as it is from the record itself."""
    found = [(name, None if value is None else str(value)) for name, value in row.group]
    names = len(list(property_names))
    dimensions, grouped = (found[:-names], found[-names:]) if names else (found, [])
    return {
        **{_WORDS[name]: value for name, value in dimensions},
        "property": pairs((name, value) for name, value in grouped if value is not None),
        "bucketStart": time_text(row.bucket_start) if row.bucket_start else None,
        "count": str(row.count),
        "sum": format(row.total, "f") if row.total is not None else None,
        "notNumeric": str(row.not_numeric) if summed else None,
    }


def closed_period(closed: ClosedPeriod) -> Fields:
    """A closed period."""
    return {
        "startsAt": time_text(closed.period.starts_at),
        "endsAt": time_text(closed.period.ends_at),
        "service": closed.period.service or None,
        "closedAt": time_text(closed.closed_at),
        "actor": closed.actor,
        "reason": closed.reason,
    }


def source_completeness(found: Completeness) -> Fields:
    """How complete one count of one source is."""
    return {
        "source": found.source,
        "epoch": found.epoch,
        "firstNumber": str(found.first_number),
        "lastNumber": str(found.last_number),
        "seen": str(found.seen),
        "missing": str(found.missing),
        "repeated": str(found.repeated),
        "lastSeenAt": time_text(found.last_seen_at),
        "gap": [{"first": str(gap.first), "last": str(gap.last)} for gap in found.gaps],
    }


def kept_reject(kept: KeptReject, *, with_body: bool = False) -> Fields:
    """A reject."""
    reject = kept.reject
    return {
        "rejectID": kept.reject_id,
        "rejectedAt": time_text(kept.rejected_at),
        "source": reject.source,
        "messageID": reject.message_id,
        "field": reject.field,
        "reason": reject.reason,
        "contentType": reject.content_type,
        "callerAddress": reject.caller_address,
        "principal": reject.principal,
        "replayed": "true" if kept.replayed else "false",
        "bodyBytes": str(kept.body_bytes),
        "body": base64.b64encode(reject.body).decode() if with_body else None,
    }


def pairs(properties: Iterable[Property | tuple[str, str]]) -> list[Fields]:
    """Name/value pairs."""
    return [{"name": name, "value": value} for name, value in properties]


def time_text(moment: datetime) -> str:
    """An xsd:dateTime in UTC with milliseconds."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


Plain = Mapping[str, Any]
"""The interaction as its JSON document has it: names as there, times as ISO text."""


def interaction(found: Plain) -> Fields:
    """An interaction with its path, links and time lines."""
    return {
        "interactionID": found["interaction"],
        "settled": _flag(found["final"]),
        "call": [_call(call) for call in found["calls"]],
        "root": found["roots"],
        "step": [_step(step) for step in found["steps"]],
        "link": [
            {"linkID": link["link"], "state": link["state"], "side": [_side(side) for side in link["sides"]]}
            for link in found["links"]
        ],
        "timeLine": [{"server": line["server"], "moment": line["moments"]} for line in found["timeLines"]],
        "problem": found["problems"],
        "related": [_related(record) for record in found["related"]],
    }


def _call(call: Plain) -> Fields:
    return {
        "server": call["server"],
        "serverInferred": _flag(call["serverInferred"]),
        "callUUID": call["callUUID"],
        "connID": call["connIDs"],
        "started": call["started"],
        "ended": call["ended"],
        "mergedInto": call["mergedInto"],
        "attribute": [{"name": name, "value": str(value)} for name, value in call["attributes"].items()],
    }


def _step(step: Plain) -> Fields:
    return {"fromCall": step["from"], "toCall": step["to"], "kind": step["kind"], "linkID": step["link"]}


def _side(side: Plain) -> Fields:
    return {
        "callUUID": side["call"],
        "currentCall": side["currentCall"],
        "role": side["role"],
        "remoteLocation": side["remoteLocation"],
        "removed": _flag(side["removed"]),
    }


def _related(record: Plain) -> Fields:
    return {
        "callUUID": record["call"],
        "recordID": record["recordID"],
        "service": record["service"],
        "eventType": record["eventType"],
        "recordTime": record["time"],
        "propertyName": record["property"],
        "value": record["value"],
    }


def _flag(value: bool) -> str:
    return "true" if value else "false"
