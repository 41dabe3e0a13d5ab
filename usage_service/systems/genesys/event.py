"""The events that describe a call, as the log states them.

Of the T-Library's events only EventCallCreated, EventCallDataChanged and EventCallDeleted describe the call
itself; EventTransactionStatus adds a link to a call that is already gone (Genesys Events and Models
Reference, call-based events; Multi-Site Call Scenarios).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from usage_service.record import MAX_ID_LENGTH, MAX_VALUE_LENGTH, Property
from usage_service.systems.genesys.clock import Clock, hex_time, stated_time
from usage_service.systems.genesys.kvlist import KeyValueList
from usage_service.systems.genesys.message import Message, parse
from usage_service.xml_text import is_xml_text

USER_DATA = "UserData."
"""Prefix of the names of attached data among a call's attributes."""
PLAIN_ATTRIBUTES = ("ANI", "DNIS", "DialedNumber", "CallID", "NetworkCallID", "CustomerID")
MAX_LOCATION_LENGTH = 255
"""Interaction Concentrator's physical data model, G_IS_LINK.RemoteLocation."""
HIGHEST_NUMBER = 2**63 - 1
"""What a database can count up to; no counter gets near it."""
TIME_FROM_HEADER = "time taken from the header"
CALL_TYPES = {"0": "Unknown", "1": "Internal", "2": "Inbound", "3": "Outbound", "4": "Consult"}


class Place(NamedTuple):
    """Where a message starts."""

    file: str
    offset: int


class Rank(NamedTuple):
    """The place of an event in its server's own order: the process (by its start), then the counter of that
    process.
    """

    session: str
    number: int


class Link(NamedTuple):
    """One IS-Link as one server reports it."""

    link_id: str
    role: str  # `source`: this server started the transfer; `target`: it received it
    remote_location: str  # Application@Switch of the other server


NOWHERE = Place("", 0)


class EventKind(Enum):
    """What an event says about its call."""

    CREATED = "EventCallCreated"
    CHANGED = "EventCallDataChanged"
    DELETED = "EventCallDeleted"
    LINKED = "EventTransactionStatus"


@dataclass(frozen=True, kw_only=True, slots=True)
class CallEvent:
    """One call-based event. `server` is empty when neither a setting nor a banner names it."""

    kind: EventKind
    server: str
    call_uuid: str
    rank: Rank
    time: datetime  # the reporting server's clock, aware UTC
    conn_id: str | None = None
    ref_call_uuid: str | None = None  # the surviving call of a merge
    links: frozenset[Link] | None = None  # None: the event says nothing about links
    links_complete: bool = True  # False: links may be missing from `links`, so absence proves nothing
    attributes: tuple[Property, ...] = ()
    remarks: tuple[str, ...] = ()  # what was wrong with the message although it could be used
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that could not be used: kept with its place, reason and text, never dropped."""

    place: Place
    reason: str
    text: bytes = b""


@dataclass(frozen=True, slots=True)
class Origin:
    """What is known about a message from outside of it."""

    server: str
    session: str  # start of the process as its banner prints it; empty when unknown
    clock: Clock
    place: Place


def read_event(raw: bytes, origin: Origin, user_data: Collection[str]) -> tuple[CallEvent | Rejected, Clock]:
    """The event in the message `raw`, and the clock after it. `user_data` names the attached data to keep."""
    message = parse(raw)
    if message is None:
        return Rejected(origin.place, "the header line is not one of a T-Server message", raw), origin.clock
    time, clock = _time(message, origin.clock)
    problem = _problem(message, time)
    if problem is not None or time is None:
        return Rejected(origin.place, problem or "no time", raw), clock
    return _event(message, origin, time, user_data), clock


def _problem(message: Message, time: datetime | None) -> str | None:
    if message.name not in {kind.value for kind in EventKind}:
        return f"{message.name} is not a call event we know"
    call_uuid = message.text("CallUUID")
    if call_uuid is None or not call_uuid.isprintable():
        return "the event has no readable AttributeCallUUID"
    if len(call_uuid) > MAX_ID_LENGTH:
        return f"AttributeCallUUID has more than {MAX_ID_LENGTH} characters"
    if time is None:
        return "the event has no AttributeTimeStamp and nothing before it gives a date for its header"
    return None


def _time(message: Message, clock: Clock) -> tuple[datetime | None, Clock]:
    stated = stated_time(message)
    if stated is not None:
        return stated, clock.learn(stated, message.local_time)
    guessed = clock.resolve(message.local_time)
    return guessed, clock if guessed is None else Clock(guessed, clock.offset)


def _event(message: Message, origin: Origin, time: datetime, user_data: Collection[str]) -> CallEvent:
    links, links_complete = _links(message)
    attributes = _attributes(message, user_data)
    kept = tuple(attribute for attribute in attributes if _is_text(attribute.value))
    kind = EventKind(message.name)
    return CallEvent(
        kind=kind,
        server=origin.server,
        call_uuid=message.text("CallUUID") or "",
        rank=_rank(message, origin.session, time),
        time=time,
        conn_id=_identifier(message.token("ConnID")),
        ref_call_uuid=_identifier(message.text("RefCallUUID")) if kind is EventKind.DELETED else None,
        links=links,
        links_complete=links_complete and kind is not EventKind.LINKED,
        attributes=kept,
        remarks=(*_remarks(message), *_left_out(message, links_complete, set(attributes) - set(kept))),
        place=origin.place,
    )


def _rank(message: Message, session: str, time: datetime) -> Rank:
    """An event without a readable counter ranks by its time, above every counter."""
    started = hex_time(message.token("ServerStartTime") or "")
    number = _hex(message.token("EventSequenceNumber"))
    if number is None:
        number = int(time.timestamp() * 1_000_000)
    return Rank(started.isoformat() if started else session, number)


def _hex(token: str | None) -> int | None:
    try:
        number = -1 if token is None else int(token, 16)
    except ValueError:
        return None
    return number if 0 <= number <= HIGHEST_NUMBER else None


def _identifier(text: str | None) -> str | None:
    """An identifier, or None when it is too long or holds what no identifier holds."""
    return text if text and len(text) <= MAX_ID_LENGTH and text.isprintable() else None


def _links(message: Message) -> tuple[frozenset[Link] | None, bool]:
    """The links of the event, and whether the list is certain to be complete."""
    listed = message.lists.get("ISLinkList")
    if listed is None:
        return None, True
    links = [
        Link(link_id, keys.get("direction-role", ""), keys.get("location-name", ""))
        for link_id, keys in listed.sublists()
    ]
    kept = [link for link in links if _keepable(link)]
    return frozenset(kept), listed.problem() is None and kept == links


def _keepable(link: Link) -> bool:
    location = link.remote_location
    named = _identifier(link.link_id) and (not link.role or _identifier(link.role))
    return bool(named) and len(location) <= MAX_LOCATION_LENGTH and (location + " ").isprintable()


def _attributes(message: Message, user_data: Collection[str]) -> tuple[Property, ...]:
    plain = [Property(name, text) for name in PLAIN_ATTRIBUTES if (text := message.text(name)) is not None]
    call_type = message.token("CallType")
    if call_type is not None:
        plain.append(Property("CallType", CALL_TYPES.get(call_type, call_type)))
    attached = message.lists.get("UserData")
    return (*plain, *(_attached(attached, user_data) if attached else ()))


def _is_text(value: str) -> bool:
    return len(value) <= MAX_VALUE_LENGTH and is_xml_text(value)


def _attached(attached: KeyValueList, user_data: Collection[str]) -> list[Property]:
    return [Property(USER_DATA + pair.name, pair.value) for pair in attached.outer() if pair.name in user_data]


def _remarks(message: Message) -> tuple[str, ...]:
    damaged = [
        f"Attribute{name} {problem}"
        for name, listed in message.lists.items()
        if (problem := listed.problem()) is not None
    ]
    if stated_time(message) is None:
        damaged.append(TIME_FROM_HEADER)
    return tuple(damaged)


def _left_out(message: Message, links_complete: bool, attributes: Iterable[Property]) -> Iterable[str]:
    """What of the message could be read but cannot be kept."""
    for attribute in sorted(attributes):
        yield f"Attribute{attribute.name} is too long or no text"
    for name, text in (("ConnID", message.token("ConnID")), ("RefCallUUID", message.text("RefCallUUID"))):
        if text is not None and _identifier(text) is None:
            yield f"Attribute{name} is no identifier"
    if not links_complete and message.lists["ISLinkList"].problem() is None:
        yield "AttributeISLinkList has a link without a usable id, role or location"
