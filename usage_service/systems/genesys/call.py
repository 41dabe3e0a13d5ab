"""What is known of one call on one server, as a value that grows with every event and never depends on their
order.

Every field is a set, a smallest or a largest, so that `join` is commutative, associative and idempotent:
events may come in any order, twice, or in parts. "Later" means later in the order of the one server that
reports the call, never by comparing the clocks of two servers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeVar

from usage_service.systems.genesys.event import CallEvent, EventKind, Link, Rank

Key = TypeVar("Key")
Value = TypeVar("Value")


class CallKey(NamedTuple):
    """The identity of a call. The server is empty where no event named it."""

    server: str
    call_uuid: str


class Stamp(NamedTuple):
    """A moment in the life of a server."""

    rank: Rank
    time: datetime


class Stated(NamedTuple):
    """A value and when it was stated; the greater one is the one that counts."""

    stamp: Stamp
    value: str


class Statement(NamedTuple):
    """The links an event listed for its call. A complete list also says which links are gone."""

    time: datetime
    links: frozenset[Link]
    complete: bool


class LinkChange(NamedTuple):
    """One line of a link's history at a call: `added`, `removed`, or `moved` to the surviving call of a
    merge.
    """

    link_id: str
    change: str
    call: CallKey
    stamp: Stamp


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call as its server has reported it so far."""

    key: CallKey
    first: Stamp  # earliest event
    created: Stamp | None = None  # EventCallCreated
    ended: Stamp | None = None  # EventCallDeleted
    merged_into: Stated | None = None  # CallUUID of the call, on the same server, that survives a merge
    conn_ids: frozenset[str] = frozenset()  # every ConnID it had; for looking up, never for joining calls
    attributes: Mapping[str, Stated] = field(default_factory=dict)
    statements: Mapping[Rank, Statement] = field(default_factory=dict)

    @property
    def started(self) -> datetime:
        """When it began: its creation, or the first we heard of it."""
        return (self.created or self.first).time

    @property
    def links(self) -> frozenset[str]:
        """Ids of all links it ever had."""
        return frozenset(link.link_id for statement in self.statements.values() for link in statement.links)

    def value(self, name: str) -> str | None:
        """The last stated value of an attribute."""
        stated = self.attributes.get(name)
        return stated.value if stated else None

    def join(self, other: "Call") -> "Call":
        """Everything both know of the same call. The key is kept from `self`."""
        return Call(
            key=self.key,
            first=min(self.first, other.first),
            created=_pick(min, self.created, other.created),
            ended=_pick(max, self.ended, other.ended),
            merged_into=_pick(max, self.merged_into, other.merged_into),
            conn_ids=self.conn_ids | other.conn_ids,
            attributes=_join(max, self.attributes, other.attributes),
            statements=_join(_same_event, self.statements, other.statements),
        )


def call_of(event: CallEvent) -> Call:
    """What one event says about its call."""
    stamp = Stamp(event.rank, event.time)
    said = {} if event.links is None else {event.rank: Statement(event.time, event.links, event.links_complete)}
    ref = event.ref_call_uuid
    return Call(
        key=CallKey(event.server, event.call_uuid),
        first=stamp,
        created=stamp if event.kind is EventKind.CREATED else None,
        ended=stamp if event.kind is EventKind.DELETED else None,
        merged_into=Stated(stamp, ref) if ref and ref != event.call_uuid else None,
        conn_ids=frozenset([event.conn_id] if event.conn_id else []),
        attributes={name: Stated(stamp, value) for name, value in event.attributes},
        statements=said,
    )


def link_history(call: Call) -> list[LinkChange]:
    """When links appeared in and vanished from the call's list, in the order of its server."""
    history: list[LinkChange] = []
    present: set[str] = set()
    for rank, statement in sorted(call.statements.items()):
        listed = {link.link_id for link in statement.links}
        stamp = Stamp(rank, statement.time)
        gone = present - listed if statement.complete else set()
        history += _changes("removed", gone, call.key, stamp)
        history += _changes("added", listed - present, call.key, stamp)
        present = present - gone | listed
    return history


def _changes(change: str, links: Iterable[str], call: CallKey, stamp: Stamp) -> list[LinkChange]:
    return [LinkChange(link_id, change, call, stamp) for link_id in sorted(links)]


def _pick(choose: Callable[..., Value], one: Value | None, other: Value | None) -> Value | None:
    if one is None or other is None:
        return other if one is None else one
    chosen: Value = choose(one, other)
    return chosen


def _join(
    choose: Callable[[Value, Value], Value], one: Mapping[Key, Value], other: Mapping[Key, Value]
) -> dict[Key, Value]:
    joined = {**one, **other}
    for key in one.keys() & other.keys():
        joined[key] = choose(one[key], other[key])
    return joined


def _same_event(one: Statement, other: Statement) -> Statement:
    """Two readings of one event, for example cut and whole: all links of both."""
    return Statement(min(one.time, other.time), one.links | other.links, one.complete or other.complete)
