"""One line of the spool: a record as JSON with its checksum, readable by hand.

    {"crc32":"5f1c0a3e","record":{"key":"…","spooled":"2026-01-01T00:00:00.000+00:00","service":"PX21_CN_IMS",…}}

The checksum is that of the bytes of the `record` object as they stand.
"""

import json
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime

from usage_service.errors import Unreadable
from usage_service.record import Property, UsageRecord, milliseconds_from_time, time_from_milliseconds

_HEAD, _MIDDLE, _TAIL = b'{"crc32":"', b'","record":', b"}\n"
_BODY_AT = len(_HEAD) + 8 + len(_MIDDLE)

_encode = json.JSONEncoder(ensure_ascii=True, check_circular=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class SpooledRecord:
    """A record on its way, with the idempotency key it will keep until the server has it."""

    record: UsageRecord
    once_key: str
    spooled: datetime  # when it was put into the spool; aware, UTC


def line_of(record: UsageRecord, once_key: str, spooled: datetime) -> bytes:
    """The line of one record, with its line end."""
    fields = {
        "key": once_key,
        "spooled": spooled.isoformat(timespec="milliseconds"),
        "transaction": record.global_transaction_id,
        "service": record.service,
        "event": record.event_type,
        "time": milliseconds_from_time(record.record_time),
        "code": record.code,
        "properties": record.properties,
    }
    return _framed(_encode(fields).encode())


def spooled_record(line: bytes) -> SpooledRecord:
    """The record of a line; `Unreadable` when it was damaged."""
    body = line[_BODY_AT : -len(_TAIL)]
    if line != _framed(body):
        raise Unreadable("the line's checksum does not fit")
    try:
        return _from_fields(json.loads(body))
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"the line is no spooled record: {error}") from error


def _framed(body: bytes) -> bytes:
    return b"%b%08x%b%b%b" % (_HEAD, zlib.crc32(body), _MIDDLE, body, _TAIL)


def _from_fields(fields: dict[str, object]) -> SpooledRecord:
    properties = fields["properties"]
    if not isinstance(properties, list):
        raise TypeError("properties")
    record = UsageRecord(
        global_transaction_id=str(fields["transaction"]),
        service=str(fields["service"]),
        event_type=str(fields["event"]),
        record_time=time_from_milliseconds(int(str(fields["time"]))),
        code=int(str(fields["code"])),
        properties=tuple(Property(str(name), str(value)) for name, value in properties),
    )
    spooled = datetime.fromisoformat(str(fields["spooled"])).astimezone(UTC)
    return SpooledRecord(record, str(fields["key"]), spooled)
