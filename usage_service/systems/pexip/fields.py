"""What the platform says of participants and conferences, each field stated once, and how its values are read.

A field is one line of `Participant` or `Conference`: its type, its names in events and in the history, whose word
counts, the property of the usage record and the column of the view `pexip_leg` that show it. Readers of events and of
the history, usage records, tables and the event catalog go by `PARTICIPANT` and `CONFERENCE`, which list these lines.

Values are read leniently: a field that cannot be read never costs us the event. Fields come and go between releases and
some senders quote numbers, so every reader takes what is unambiguous and raises `ValueError` for the rest;
`read_fields` collects the names it could not read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import isfinite
from typing import Any, NamedTuple, TypeVar

from usage_service.record import EPOCH
from usage_service.times import time_from_iso

Reader = Callable[[Any], object]
Value = TypeVar("Value")


class Field(NamedTuple):
    """One field of ours: the names it has on the wire, best first, and how to read its value."""

    wire_names: tuple[str, ...]
    read: Reader


def read_fields(data: Mapping[str, Any], table: Mapping[str, Field]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The fields of `table` that `data` states, and the wire names whose value could not be read.

    A JSON null counts as not stated: the platform sends null for what it does not know yet.
    """
    stated: dict[str, Any] = {}
    unreadable: list[str] = []
    for name, (wire_names, read) in table.items():
        wire_name = next((candidate for candidate in wire_names if data.get(candidate) is not None), None)
        if wire_name is None:
            continue
        try:
            stated[name] = read(data[wire_name])
        except (ValueError, OverflowError):
            unreadable.append(wire_name)
    return stated, tuple(unreadable)


def text(value: Any) -> str:
    """Text; a bare number is taken as its digits, since tags and ids are opaque.

    NUL becomes U+FFFD: JSON can carry it, but PostgreSQL's text cannot hold it.
    """
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError("not text")


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(value, list):
        raise ValueError("not a list")
    return tuple(text(item) for item in value)


def number(value: Any) -> float:
    """A finite number, also when quoted."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("not a number")
    result = float(value)
    if not isfinite(result):
        raise ValueError("not finite")
    return result


def whole_number(value: Any) -> int:
    """An integer, also when quoted or written as 3.0."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    result = number(value)
    if result != int(result):
        raise ValueError("not a whole number")
    return int(result)


_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def truth(value: Any) -> bool:
    """A boolean; policy requests spell it `True` and `False`."""
    answer = _TRUTH.get(str(value).lower())
    if answer is None:
        raise ValueError("not a boolean")
    return answer


def moment(value: Any) -> datetime:
    """A point in time as aware UTC: Unix seconds in events, ISO text without zone (meaning UTC) in
    history rows.
    """
    if isinstance(value, str) and "-" in value[1:]:
        return time_from_iso(value, zone=UTC)
    return EPOCH + timedelta(seconds=number(value))


def seconds(value: Any) -> timedelta:
    """A length of time given in seconds; never negative."""
    result = number(value)
    if result < 0:
        raise ValueError("a negative duration")
    return timedelta(seconds=result)


def one_of(variants: Mapping[str, str]) -> Callable[[Any], str]:
    """A reader of words, some of which have other spellings."""

    def read(value: Any) -> str:
        word = text(value)
        return variants.get(word.lower(), word)

    return read


def alias(value: Any) -> str:
    """An alias without its scheme."""
    return text(value).removeprefix("sip:")


class Wins(StrEnum):
    """Whose word counts when events and the platform's history differ."""

    EVENTS = "events"  # the history fills what events left out
    HISTORY = "history"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reported:
    """A field as the platform reports it and as we show it."""

    name: str
    read: Reader
    events: tuple[str, ...]  # names in events, best first; empty: events do not have it
    history: tuple[str, ...]  # names in rows of the history, best first; empty: the history does not have it
    wins: Wins
    property_name: str  # property of the usage record; empty: not shown
    column: str  # column of the view pexip_leg; empty: none
    material: bool  # whether a change of the property is worth a correction
    role: str  # role of the property in the event catalog
    meaning: str  # what the property means, in the event catalog


def reported(
    read: Callable[[Any], Value],
    *,
    events: tuple[str, ...] | None = None,
    history: tuple[str, ...] | None = None,
    wins: Wins = Wins.EVENTS,
    property_name: str = "",
    column: str = "",
    material: bool = False,
    role: str = "",
    meaning: str = "",
) -> Value | None:
    """A reported field, None where it is not stated. Its name in events is its own, that in the history the same."""
    shown = {"property_name": property_name, "column": column, "material": material, "role": role, "meaning": meaning}
    return field(default=None, metadata={"read": read, "events": events, "history": history, "wins": wins} | shown)


@dataclass(frozen=True, kw_only=True, slots=True)
class Participant:
    """What one message states about a participant leg. None: not stated, as the tables differ between releases."""

    uuid: str | None = reported(text, history=("id",), wins=Wins.HISTORY)
    related_uuids: tuple[str, ...] | None = reported(texts, history=())
    service_tag: str | None = reported(
        text,
        events=("service_tag", "tag"),
        wins=Wins.HISTORY,
        property_name="serviceTag",
        column="service_tag",
        material=True,
        meaning="the administrator's tag of the conference",
    )
    call_tag: str | None = reported(
        text,
        wins=Wins.HISTORY,
        property_name="callTag",
        column="call_tag",
        material=True,
        meaning="tag of the call",
    )
    conference: str | None = reported(  # service name; equals the conference's `name`
        text,
        history=("conference_name",),
        wins=Wins.HISTORY,
        property_name="conference",
        column="conference",
        material=True,
        meaning="name of the conference",
    )
    service_type: str | None = reported(
        text,
        wins=Wins.HISTORY,
        property_name="serviceType",
        material=True,
        meaning="kind of service, for example conference or gateway",
    )
    call_id: str | None = reported(  # opaque; may be a SIP Call-ID
        text,
        history=("call_uuid",),
        wins=Wins.HISTORY,
        property_name="callId",
        meaning="SIP Call-ID or its like",
    )
    conversation_id: str | None = reported(  # shared by the legs of one person
        text, wins=Wins.HISTORY, property_name="conversationId", meaning="what legs of one conversation share"
    )
    call_direction: str | None = reported(
        one_of({"inbound": "in", "outbound": "out"}), property_name="callDirection", meaning="in or out"
    )
    protocol: str | None = reported(
        text, wins=Wins.HISTORY, property_name="protocol", column="protocol", meaning="signalling protocol"
    )
    role: str | None = reported(
        one_of({"host": "chair"}), property_name="role", meaning="chair (a host), guest or unknown"
    )
    source_alias: str | None = reported(
        alias, history=("remote_alias",), property_name="sourceAlias", role="caller", meaning="who called"
    )
    destination_alias: str | None = reported(
        alias,
        history=("local_alias",),
        property_name="destinationAlias",
        role="called_party",
        meaning="what was called",
    )
    display_name: str | None = reported(text, property_name="displayName", meaning="name shown to others")
    remote_address: str | None = reported(text)
    vendor: str | None = reported(text)
    encryption: str | None = reported(text)
    system_location: str | None = reported(
        text,
        property_name="systemLocation",
        column="location",
        material=True,
        meaning="location in the deployment",
    )
    media_node: str | None = reported(
        text, property_name="mediaNode", column="node", meaning="node that carried the media"
    )
    signalling_node: str | None = reported(
        text,
        events=("signalling_node", "signaling_node"),
        property_name="signallingNode",
        meaning="node that signalled",
    )
    proxy_node: str | None = reported(text, property_name="proxyNode", meaning="node that passed the media on")
    disconnect_reason: str | None = reported(text, property_name="disconnectReason", meaning="why it ended")
    license_count: int | None = reported(whole_number, property_name="licenses", meaning="licences it took")
    call_quality: str | None = reported(
        text,
        events=(),
        history=("call_quality",),
        property_name="callQuality",
        meaning="quality as the platform sums it up",
    )
    rx_bandwidth: int | None = reported(whole_number)  # kbit/s
    tx_bandwidth: int | None = reported(whole_number)  # kbit/s
    has_media: bool | None = reported(truth, wins=Wins.HISTORY)
    is_streaming: bool | None = reported(truth, wins=Wins.HISTORY)  # a recorder or a stream, not a person
    is_idp_authenticated: bool | None = reported(truth)
    connect_time: datetime | None = reported(moment, history=("start_time",), wins=Wins.HISTORY)
    end_time: datetime | None = reported(
        moment, events=("end_time", "disconnect_time"), history=("end_time",), wins=Wins.HISTORY
    )
    duration: timedelta | None = reported(seconds, wins=Wins.HISTORY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Conference:
    """What one message states about a conference as one node sees it. None: not stated."""

    tag: str | None = reported(  # the service tag; participants call it `service_tag`
        text,
        events=("tag", "service_tag"),
        wins=Wins.HISTORY,
        property_name="serviceTag",
        material=True,
        meaning="the administrator's tag of the conference",
    )
    name: str | None = reported(
        text, wins=Wins.HISTORY, property_name="conference", material=True, meaning="name of the conference"
    )
    service_type: str | None = reported(
        text,
        wins=Wins.HISTORY,
        property_name="serviceType",
        material=True,
        meaning="kind of service, for example conference or gateway",
    )
    start_time: datetime | None = reported(moment, wins=Wins.HISTORY)
    end_time: datetime | None = reported(moment, wins=Wins.HISTORY)


def _lines(thing: type[Participant] | type[Conference]) -> tuple[Reported, ...]:
    lines = []
    for line in fields(thing):
        events = (line.name,) if line.metadata["events"] is None else line.metadata["events"]
        history = events if line.metadata["history"] is None else line.metadata["history"]
        lines.append(Reported(**{**line.metadata, "name": line.name, "events": events, "history": history}))
    return tuple(lines)


PARTICIPANT = _lines(Participant)
CONFERENCE = _lines(Conference)


def in_events(table: tuple[Reported, ...]) -> dict[str, Field]:
    """How the fields of a table are read from events."""
    return {line.name: Field(line.events, line.read) for line in table if line.events}


def in_history(table: tuple[Reported, ...], wins: Wins) -> dict[str, Field]:
    """How those fields are read from rows of the history for which the word of `wins` counts."""
    return {line.name: Field(line.history, line.read) for line in table if line.history and line.wins is wins}
