"""What the SIP proxy reports about a call, read from its JSON form (deploy/kamailio/call-events.md).

Events arrive at least once and in any order. `SequenceNumber` (the proxy's start, a running number) proves
losses; what an event *means* hangs on its call, kind and leg alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import NamedTuple

from usage_service.errors import InvalidValue
from usage_service.record import EPOCH, SequenceNumber
from usage_service.xml_text import is_xml_text

CONTRACT_VERSION = 1
MAX_TEXT_LENGTH = 4096


class SipEventKind(Enum):
    """What happened; the value is the word in the JSON."""

    INVITE = "invite"  # the initial INVITE was received
    ANSWER = "answer"  # a 2xx response to it
    FAILURE = "failure"  # a 3xx to 6xx response of the callee's side
    RING_TIMEOUT = "ring_timeout"  # a provisional response but no final one in time; the proxy cancelled
    UNREACHABLE = "unreachable"  # nothing could be sent, or nothing at all came back
    CANCEL = "cancel"  # the caller gave up
    DISCONNECT = "disconnect"  # BYE, or the dialog failed


class CallKey(NamedTuple):
    """The identity of a call: Call-ID and the caller's tag."""

    call_id: str
    from_tag: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SipEvent:
    """One thing that happened to one call at the proxy."""

    call: CallKey
    kind: SipEventKind
    leg: int  # 1 for the first attempt, one more for each Route after a failure; 0 for the call as a whole
    code: int  # SIP response code; 0 when there is none
    caller: str  # URI of the asserted identity, else of From; empty when leg is 0
    called: str  # Request-URI as received; empty when leg is 0
    target: str  # Request-URI this leg went to; empty when leg is 0
    time: datetime  # aware, UTC
    node: str  # the proxy that saw it
    sequence: SequenceNumber


def sip_event_from(document: object) -> SipEvent:
    """The event in a decoded JSON object; `InvalidValue` names the member that is missing or wrong."""
    if not isinstance(document, Mapping):
        raise InvalidValue("event", "must be an object")
    if document.get("version") != CONTRACT_VERSION:
        raise InvalidValue("version", f"must be {CONTRACT_VERSION}")
    return SipEvent(
        call=CallKey(_text(document, "call_id", required=True), _text(document, "from_tag", required=True)),
        kind=_kind(document),
        leg=_integer(document, "leg", 0, 100),
        code=_integer(document, "code", 0, 699),
        caller=_text(document, "caller"),
        called=_text(document, "called"),
        target=_text(document, "target"),
        time=_time(document),
        node=_text(document, "node"),
        sequence=SequenceNumber(_text(document, "epoch"), _integer(document, "sequence", 0, 2**31 - 1)),
    )


def _kind(document: Mapping[object, object]) -> SipEventKind:
    try:
        return SipEventKind(document.get("kind"))
    except ValueError as error:
        words = ", ".join(kind.value for kind in SipEventKind)
        raise InvalidValue("kind", f"must be one of {words}") from error


def _time(document: Mapping[object, object]) -> datetime:
    seconds = _integer(document, "seconds", 0, 2**40)
    microseconds = _integer(document, "microseconds", 0, 999_999)
    try:
        return (EPOCH + timedelta(seconds=seconds, microseconds=microseconds)).astimezone(UTC)
    except OverflowError as error:
        raise InvalidValue("seconds", "is after the year 9999") from error


def _text(document: Mapping[object, object], name: str, *, required: bool = False) -> str:
    value = document.get(name, "")
    if not isinstance(value, str) or len(value) > MAX_TEXT_LENGTH:
        raise InvalidValue(name, f"must be a text of at most {MAX_TEXT_LENGTH} characters")
    if required and not value:
        raise InvalidValue(name, "must not be empty")
    if not is_xml_text(value):
        raise InvalidValue(name, "holds bytes or characters that notices and records cannot carry (XML 1.0, 2.2)")
    return value


def _integer(document: Mapping[object, object], name: str, least: int, most: int) -> int:
    value = document.get(name)
    # bool is an int in Python, but not in JSON.
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise InvalidValue(name, f"must be an integer from {least} to {most}")
    return value
