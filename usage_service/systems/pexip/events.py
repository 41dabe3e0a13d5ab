"""What a Conferencing Node tells an event sink, typed.

Event sink bodies into events: single and bulk, versions 1 and 2, and never an exception.

A node sends its events one by one and stops after its back-off limit when they are refused, so nothing
about the content may be refused: what cannot be read comes back as `Rejected`, with the bytes and the
reason (Pexip Infinity documentation, "Using event sinks to monitor conference and participant status").
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from usage_service.systems.pexip.fields import (
    CONFERENCE,
    PARTICIPANT,
    Conference,
    Field,
    Participant,
    in_events,
    moment,
    read_fields,
    text,
    whole_number,
)
from usage_service.systems.pexip.media import MediaStream, read_streams


class Kind(StrEnum):
    """What happened; `UNKNOWN` for names of releases we do not know, which are kept and counted."""

    SINK_STARTED = "eventsink_started"
    SINK_UPDATED = "eventsink_updated"
    SINK_STOPPED = "eventsink_stopped"
    CONFERENCE_STARTED = "conference_started"
    CONFERENCE_UPDATED = "conference_updated"
    CONFERENCE_ENDED = "conference_ended"
    PARTICIPANT_CONNECTED = "participant_connected"
    PARTICIPANT_UPDATED = "participant_updated"
    PARTICIPANT_DISCONNECTED = "participant_disconnected"
    QUALITY_WINDOW = "participant_media_stream_window"
    STREAMS_DESTROYED = "participant_media_streams_destroyed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaReport:
    """Media statistics or a quality window of one leg, or of one of its related legs."""

    uuid: str
    streams: tuple[MediaStream, ...] = ()
    quality: str | None = None  # `0_unknown` to `4_terrible`


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One event of one node, with whatever part of its data we understand."""

    kind: Kind
    name: str  # as sent
    node: str = ""  # primary address of the sending node
    seq: int | None = None  # per node and sink, from 1
    time: datetime | None = None
    version: int | None = None
    participant: Participant | None = None
    conference: Conference | None = None
    media: MediaReport | None = None
    remarks: tuple[str, ...] = ()  # what could not be read


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """A message that cannot be processed: kept with its reason, never answered with an error."""

    position: int  # place inside a bulk message; 0 for a single one
    reason: str
    body: bytes


_PARTICIPANT_FIELDS = in_events(PARTICIPANT)
_CONFERENCE_FIELDS = in_events(CONFERENCE)
_MEDIA_FIELDS: Mapping[str, Field] = {
    "uuid": Field(("uuid",), text),
    "quality": Field(("call_quality_now",), text),
    "streams": Field(("media_streams",), read_streams),
}


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
    """JSON; one bad byte in a display name must not cost the leg, so it is replaced and read
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
    fields, unreadable = read_fields(data, _PARTICIPANT_FIELDS)
    if not fields.get("uuid"):
        return f"{event.name} without a uuid"
    media, unreadable_media = read_fields(data, _MEDIA_FIELDS)  # version 1 disconnects carry the streams themselves
    streams = media.get("streams")
    return replace(
        event,
        participant=Participant(**fields),
        media=MediaReport(uuid=fields["uuid"], streams=streams) if streams else None,
        remarks=event.remarks + _remarks(unreadable + unreadable_media),
    )


def _with_conference(event: Event, data: Mapping[str, Any]) -> Event | str:
    fields, unreadable = read_fields(data, _CONFERENCE_FIELDS)
    if not fields.get("name"):
        return f"{event.name} without a name"
    return replace(event, conference=Conference(**fields), remarks=event.remarks + _remarks(unreadable))


def _with_media(event: Event, data: Mapping[str, Any]) -> Event | str:
    fields, unreadable = read_fields(data, _MEDIA_FIELDS)
    if not fields.get("uuid"):
        return f"{event.name} without a uuid"
    return replace(event, media=MediaReport(**fields), remarks=event.remarks + _remarks(unreadable))


def _remarks(unreadable: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"unreadable {name}" for name in unreadable)
