"""Event sink bodies into events: single and bulk, versions 1 and 2, and never an exception.

A node sends its events one by one and stops after its back-off limit when they are refused, so nothing
about the content may be refused: what cannot be read comes back as `Rejected`, with the bytes and the
reason (Pexip Infinity documentation, "Using event sinks to monitor conference and participant status").
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from usage_service.sources.pexip.events import (
    CONFERENCE_FIELDS,
    MEDIA_FIELDS,
    PARTICIPANT_FIELDS,
    Conference,
    Event,
    Kind,
    MediaReport,
    Participant,
    Rejected,
)
from usage_service.sources.pexip.fields import Field, moment, read_fields, text, whole_number

BULK = "eventsink_bulk"
_ENVELOPE_FIELDS: Mapping[str, Field] = {
    "name": Field(("event",), text),
    "node": Field(("node",), text),
    "seq": Field(("seq",), whole_number),
    "time": Field(("time",), moment),
    "version": Field(("version",), whole_number),
}
# One vendor text prints `eventsink_ended` where the others say `eventsink_stopped`.
_KINDS = {kind.value: kind for kind in Kind} | {"eventsink_ended": Kind.SINK_STOPPED}
_PARTICIPANT_KINDS = {Kind.PARTICIPANT_CONNECTED, Kind.PARTICIPANT_UPDATED, Kind.PARTICIPANT_DISCONNECTED}
_CONFERENCE_KINDS = {Kind.CONFERENCE_STARTED, Kind.CONFERENCE_UPDATED, Kind.CONFERENCE_ENDED}
_MEDIA_KINDS = {Kind.QUALITY_WINDOW, Kind.STREAMS_DESTROYED}


def read_body(body: bytes) -> list[Event | Rejected]:
    """Every message in one POST body, in order. The content type does not matter and nothing is raised."""
    try:
        message = _decode(body)
    except (ValueError, RecursionError) as error:
        return [Rejected(position=0, reason=f"not JSON: {error}", body=body)]
    entries = _bulk_entries(message)
    if entries is None:
        return [_read_message(0, message, body)]
    if not entries:
        return [Rejected(position=0, reason="a bulk message without events", body=body)]
    return [_read_message(position, entry, _encode(entry)) for position, entry in enumerate(entries)]


def _decode(body: bytes) -> Any:
    """JSON; one bad byte in somebody's display name must not cost the leg, so it is replaced and read
    again.
    """
    try:
        return msgspec.json.decode(body)
    except ValueError:
        return msgspec.json.decode(body.decode("utf-8-sig", errors="replace"))


def _encode(entry: object) -> bytes:
    try:
        return msgspec.json.encode(entry)
    except (ValueError, OverflowError):  # integers beyond 64 bits can be read but not written
        return repr(entry).encode()


def _bulk_entries(message: Any) -> list[Any] | None:
    """The inner envelopes of a bulk message; None for a single one. A bare list is taken as a bulk
    message.
    """
    if isinstance(message, list):
        return message
    if isinstance(message, dict) and message.get("event") == BULK:
        data = message.get("data")
        return data if isinstance(data, list) else []
    return None


def _read_message(position: int, message: Any, body: bytes) -> Event | Rejected:
    event = read_envelope(message)
    return Rejected(position=position, reason=event, body=body) if isinstance(event, str) else event


def read_envelope(message: Any) -> Event | str:
    """The event in one envelope, or the reason why there is none."""
    if not isinstance(message, dict):
        return "the envelope is not an object"
    fields, unreadable = read_fields(message, _ENVELOPE_FIELDS)
    if not fields.get("name"):
        return "the envelope names no event"
    if fields["name"] == BULK:
        return "a bulk message inside a bulk message"
    kind = _KINDS.get(fields["name"], Kind.UNKNOWN)
    event = Event(kind=kind, remarks=_remarks(unreadable), **fields)
    return _with_data(event, message.get("data"))


def _with_data(event: Event, data: Any) -> Event | str:
    if isinstance(data, list) and len(data) == 1:  # one vendor text calls `data` an array
        data = data[0]
    if not isinstance(data, dict):
        understood = event.kind in _PARTICIPANT_KINDS | _CONFERENCE_KINDS | _MEDIA_KINDS
        return f"{event.name} without a data object" if understood else event
    if event.kind in _PARTICIPANT_KINDS:
        return _with_participant(event, data)
    if event.kind in _CONFERENCE_KINDS:
        return _with_conference(event, data)
    return _with_media(event, data) if event.kind in _MEDIA_KINDS else event


def _with_participant(event: Event, data: Mapping[str, Any]) -> Event | str:
    fields, unreadable = read_fields(data, PARTICIPANT_FIELDS)
    if not fields.get("uuid"):
        return f"{event.name} without a uuid"
    media, unreadable_media = read_fields(data, MEDIA_FIELDS)  # version 1 disconnects carry the streams themselves
    streams = media.get("streams")
    return replace(
        event,
        participant=Participant(**fields),
        media=MediaReport(uuid=fields["uuid"], streams=streams) if streams else None,
        remarks=event.remarks + _remarks(unreadable + unreadable_media),
    )


def _with_conference(event: Event, data: Mapping[str, Any]) -> Event | str:
    fields, unreadable = read_fields(data, CONFERENCE_FIELDS)
    if not fields.get("name"):
        return f"{event.name} without a name"
    return replace(event, conference=Conference(**fields), remarks=event.remarks + _remarks(unreadable))


def _with_media(event: Event, data: Mapping[str, Any]) -> Event | str:
    fields, unreadable = read_fields(data, MEDIA_FIELDS)
    if not fields.get("uuid"):
        return f"{event.name} without a uuid"
    return replace(event, media=MediaReport(**fields), remarks=event.remarks + _remarks(unreadable))


def _remarks(unreadable: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"unreadable {name}" for name in unreadable)
