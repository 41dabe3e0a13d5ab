"""The usage record: the one noun that every floor of the service shares.

A record says that a telecom service reached a *recording point*: which service, which event type, when, with what
outcome, and which attributes the service wants accounting to know. The shape follows the Usage Record component of
IBM TWSS 7.1 (`writeUsageRecordRequest`); the limits are ours (see docs/contract.md). Standard library only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import chain, repeat
from operator import attrgetter
from typing import NamedTuple

from usage_service.errors import InvalidValue
from usage_service.xml_text import is_xml_text

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

MAX_ID_LENGTH = 127
"""Longest global transaction id, service, source or requester (TWSS: `ServiceImplementationName` ≤ 127)."""
MAX_EVENT_TYPE_LENGTH = 250
MAX_KEY_LENGTH = 512
"""Longest idempotency key, with its kind (`wsa:`, `key:`, …): it must fit an index entry, in any script."""
MIN_CODE, MAX_CODE = -(2**31), 2**31 - 1
MAX_PROPERTIES = 1_000
MAX_NAME_LENGTH = 250
MAX_VALUE_LENGTH = 65_536

XML_BLANKS = " \t\r\n"


class Property(NamedTuple):
    """One service-specific attribute. Names may repeat; order and every character of the value are kept."""

    name: str
    value: str


class SequenceNumber(NamedTuple):
    """The place of a record in its source's own numbering; holes in it prove a loss."""

    epoch: str
    number: int


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageRecord:
    """One usage record as a recording point states it. Valid from birth, immutable after.

    Raises `InvalidValue` naming the field, in the words of the SOAP contract, when a value cannot be taken.
    """

    global_transaction_id: str  # id of the Web-service transaction; legitimately shared by many records
    service: str  # the service implementation that reports, for example PX21_CN_IMS
    event_type: str  # the recording point inside that service
    record_time: datetime  # when the recording point was reached; aware, UTC, to the millisecond
    code: int  # status: 0 success, 1 general failure, 2 privacy; further values belong to the service
    properties: tuple[Property, ...] = ()  # service-specific attributes, in the caller's order
    source: str = "soap"  # the edge or foreign system the record came through
    requester: str | None = None  # who asked for the service, as far as is known
    principal: str | None = None  # who authenticated to us
    caller_address: str | None = None  # network address of the writer
    header_transaction_id: str | None = None  # twssHeaders/globalTransactionID where it differs from the body's
    header_service_id: str | None = None  # twssHeaders/serviceID
    remarks: tuple[str, ...] = ()  # what was unusual about it, for example `repaired`
    once_key: str | None = None  # the caller's key for safe retries
    sequence: SequenceNumber | None = None  # the place in the source's numbering

    def __post_init__(self) -> None:
        _check_id("globalTransactionID", self.global_transaction_id, MAX_ID_LENGTH)
        _check_id("service", self.service, MAX_ID_LENGTH)
        _check_id("eventType", self.event_type, MAX_EVENT_TYPE_LENGTH)
        if self.record_time.tzinfo is not UTC:
            raise InvalidValue("recordTime", "must be an aware time in UTC")
        if not MIN_CODE <= self.code <= MAX_CODE:
            raise InvalidValue("code", f"{self.code} does not fit a signed 32-bit integer")
        _check_id("source", self.source, MAX_ID_LENGTH)
        if self.properties:
            _check_properties(self.properties)
        if self.sequence is not None:
            _check_sequence(self.sequence)
        if self.once_key is not None and len(self.once_key) > MAX_KEY_LENGTH:
            raise InvalidValue("key", f"has {len(self.once_key)} characters, at most {MAX_KEY_LENGTH} are allowed")
        for field, value in zip(_OPTIONAL_TEXTS, _optional_texts(self), strict=True):
            if value is not None and not is_xml_text(value):
                raise InvalidValue(field, "has a character that XML cannot carry")


_OPTIONAL_TEXTS = (
    "requester",
    "principal",
    "caller_address",
    "header_transaction_id",
    "header_service_id",
    "once_key",
)
_optional_texts = attrgetter(*_OPTIONAL_TEXTS)


def _check_id(field: str, value: str, longest: int) -> None:
    if len(value) <= longest and value.isprintable() and value and not value.isspace():
        return
    if not value.strip(XML_BLANKS):
        raise InvalidValue(field, "must not be empty")
    if len(value) > longest:
        raise InvalidValue(field, f"has {len(value)} characters, at most {longest} are allowed")
    if not is_xml_text(value):
        raise InvalidValue(field, "has a character that XML cannot carry")


def _check_sequence(sequence: SequenceNumber) -> None:
    _check_id("epoch", sequence.epoch, MAX_ID_LENGTH)
    if not -(2**63) <= sequence.number < 2**63:
        raise InvalidValue("number", f"{sequence.number} does not fit a signed 64-bit integer")


def _check_properties(properties: tuple[Property, ...]) -> None:
    if len(properties) > MAX_PROPERTIES:
        raise InvalidValue("serviceAttributes", f"has {len(properties)} entries, at most {MAX_PROPERTIES} are allowed")
    if max([len(name) for name, _ in properties]) > MAX_NAME_LENGTH:
        raise InvalidValue("serviceAttributes", f"a name is longer than {MAX_NAME_LENGTH} characters")
    everything = "".join(chain.from_iterable(properties))
    if len(everything) > MAX_VALUE_LENGTH and max([len(value) for _, value in properties]) > MAX_VALUE_LENGTH:
        raise InvalidValue("serviceValues", f"a value is longer than {MAX_VALUE_LENGTH} characters")
    if not is_xml_text(everything):
        raise InvalidValue("serviceValues", "a name or value has a character that XML cannot carry")


def time_from_milliseconds(milliseconds: int) -> datetime:
    """The aware UTC time of an xsd:long count of milliseconds since 1970; `InvalidValue` outside years 1 to 9999."""
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        raise InvalidValue("recordTime", f"{milliseconds} is outside the years 1 to 9999") from error


def milliseconds_from_time(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware time, truncated."""
    return (moment - EPOCH) // MILLISECOND


def pair_properties(names: Iterable[str], values: Iterable[str]) -> tuple[Property, ...]:
    """Properties from two parallel lists of equal length (the shape of the SOAP contract)."""
    return tuple(map(tuple.__new__, repeat(Property), zip(names, values, strict=True)))


def content_digest(record: UsageRecord) -> str:
    """What a record says, as 32 hexadecimal digits: equal for a retry, different for anything else.

    Only what the caller states counts, not how or when the record reached us.
    """
    stated = (
        record.global_transaction_id,
        record.service,
        record.event_type,
        record.record_time.isoformat(),
        str(record.code),
        *chain.from_iterable(record.properties),
    )
    return blake2b("\x1f".join(stated).encode(), digest_size=16).hexdigest()
