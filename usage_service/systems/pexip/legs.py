"""Partial statements about one thing, laid over each other so that the best one of every field shows.

Messages arrive late, twice and in any order, and most state only some fields. Each field remembers the
stamp of the statement it came from and only a higher stamp replaces it, which makes the result independent
of the order.

A participant leg: everything said about it, folded into one view.

Folding is commutative, associative and idempotent, so that lost order and repeats of the publisher do not
matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from usage_service.record import EPOCH
from usage_service.systems.pexip.events import Event, Kind
from usage_service.systems.pexip.fields import Participant

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Thing = TypeVar("Thing", bound=DataclassInstance)


class Rank(IntEnum):
    """Who is believed over whom."""

    HINT = 0  # fills a gap only
    RUNNING = 1  # said while the call was going on
    FINAL = 2  # said when it ended: the only reliable statement of the service type
    HISTORY = 3  # the platform's own history, the authority for closed calls


class Stamp(NamedTuple):
    """The weight of a statement; compares by rank, then time, then the node's numbering."""

    rank: Rank
    time: datetime
    seq: int


Stamps = Mapping[str, Stamp]


def stamp(rank: Rank, time: datetime | None, seq: int | None = None) -> Stamp:
    """A stamp; a statement without time weighs least in its rank."""
    return Stamp(rank, time or EPOCH, seq or 0)


def overlay(shown: "Thing", stamps: Stamps, said: "Thing", weight: Stamp) -> "tuple[Thing, Stamps]":
    """`shown` with every field that `said` states with more weight. None is never a statement."""
    won: dict[str, Any] = {}
    for stated in fields(said):
        value = getattr(said, stated.name)
        held = stamps.get(stated.name)
        if value is not None and (held is None or _outweighs(weight, value, held, getattr(shown, stated.name))):
            won[stated.name] = value
    return replace(shown, **won), {**stamps, **dict.fromkeys(won, weight)}


def _outweighs(weight: Stamp, value: object, held: Stamp, shown: object) -> bool:
    """Equal stamps with different values are settled by the values, so that no order of arrival matters."""
    return (weight, repr(value)) > (held, repr(shown))


class Presence(NamedTuple):
    """First and last time a leg was seen in one conference."""

    first: datetime
    last: datetime


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One participant leg as far as it is known. Plain data, so that it can be stored as JSON."""

    uuid: str
    shown: Participant = field(default_factory=Participant)
    stamps: Stamps = field(default_factory=dict)
    had_media: bool = False  # stated at least once
    first_connect: datetime | None = None
    disconnected: bool = False
    last_disconnect: datetime | None = None  # event time of the latest disconnect
    presence: Mapping[str, Presence] = field(default_factory=dict)  # by conference name, from events
    nodes: tuple[str, ...] = ()  # nodes that reported it
    history_id: str | None = None  # id of its history row

    @property
    def has_history(self) -> bool:
        """Whether the platform's history confirmed it."""
        return self.history_id is not None

    @property
    def closed(self) -> bool:
        """Whether it is over."""
        return self.disconnected or self.has_history

    @property
    def end(self) -> datetime | None:
        """When it ended; older version 1 events state no end, then the event's own time counts."""
        return self.shown.end_time or self.last_disconnect

    @property
    def start(self) -> datetime | None:
        """When it connected. The final word counts, else the earliest one; null means not connected (yet)."""
        if self._rank("connect_time") >= Rank.FINAL:
            return self.shown.connect_time
        if self.first_connect is None and self.end is not None and self.shown.duration is not None:
            return self.end - self.shown.duration
        return self.first_connect

    @property
    def duration(self) -> timedelta | None:
        """How long it lasted, as stated, else end minus start; None while unknown."""
        if self.shown.duration is not None:
            return self.shown.duration
        if self.start is None or self.end is None:
            return None
        return max(self.end - self.start, timedelta())

    @property
    def whole_seconds(self) -> int:
        """The duration in whole seconds, truncated as the platform's history truncates it."""
        return (self.duration or timedelta()) // timedelta(seconds=1)

    @property
    def has_media(self) -> bool:
        """Whether it carried media. History decides; else once is enough, and silence counts as yes."""
        if self._rank("has_media") >= Rank.HISTORY:
            return bool(self.shown.has_media)
        return self.had_media or self.shown.has_media is None

    def _rank(self, name: str) -> int:
        held = self.stamps.get(name)
        return held.rank if held else -1


_RANKS = {Kind.PARTICIPANT_DISCONNECTED: Rank.FINAL}


def fold_event(leg: Leg, event: Event, said: Participant) -> Leg:
    """The leg after one participant event, whichever came before."""
    rank = _RANKS.get(event.kind, Rank.RUNNING)
    leg = _overlaid(leg, said, stamp(rank, event.time, event.seq))
    if event.kind is Kind.PARTICIPANT_DISCONNECTED:
        leg = replace(leg, disconnected=True, last_disconnect=_latest(leg.last_disconnect, event.time))
    return replace(
        leg,
        nodes=tuple(sorted({*leg.nodes, event.node} - {""})),
        presence=_seen(leg.presence, said.conference, said.end_time or event.time),
    )


def fold_history(leg: Leg, said: Participant, hints: Participant, row_id: str) -> Leg:
    """The leg corrected by its history row: `said` overrules, `hints` only fill gaps."""
    weight = said.end_time
    leg = _overlaid(leg, hints, stamp(Rank.HINT, weight))
    return replace(_overlaid(leg, said, stamp(Rank.HISTORY, weight)), history_id=row_id)


def _overlaid(leg: Leg, said: Participant, weight: Stamp) -> Leg:
    shown, stamps = overlay(leg.shown, leg.stamps, said, weight)
    return replace(
        leg,
        shown=shown,
        stamps=stamps,
        had_media=leg.had_media or bool(said.has_media),
        first_connect=_earliest(leg.first_connect, said.connect_time),
    )


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((time for time in (one, other) if time), default=None)


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((time for time in (one, other) if time), default=None)


def _seen(presence: Mapping[str, Presence], conference: str | None, time: datetime | None) -> Mapping[str, Presence]:
    if not conference or time is None:
        return presence
    held = presence.get(conference, Presence(time, time))
    return {**presence, conference: Presence(min(held.first, time), max(held.last, time))}


def presence_in(leg: Leg, conference: str) -> Presence | None:
    """When the leg was in a conference.

    A leg known only by its end (everything before was lost) was there since it connected, unless it was seen
    elsewhere too, in a Virtual Reception for example.
    """
    seen = leg.presence.get(conference)
    if leg.shown.conference != conference or leg.start is None:
        return seen
    if seen is None:
        return Presence(leg.start, leg.end) if leg.end else None
    alone = len(leg.presence) == 1
    return Presence(min(seen.first, leg.start) if alone else seen.first, max(seen.last, leg.end or seen.last))


def conference_names(leg: Leg) -> frozenset[str]:
    """Every conference the leg was seen in or is said to belong to."""
    return frozenset({*leg.presence, leg.shown.conference or ""} - {""})
