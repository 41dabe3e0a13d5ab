"""Conferences: the reports of several nodes and the legs, joined into one occurrence per meeting.

Events carry no conference id. The name is the only thing that links them, and a room's name comes back
every day; each node hosting a part of the conference reports its own start and end. What overlaps in time
is one meeting.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from usage_service.record import EPOCH
from usage_service.systems.pexip.events import Event, Kind
from usage_service.systems.pexip.fields import Conference
from usage_service.systems.pexip.legs import Leg, Presence, Rank, Stamp, Stamps, overlay, presence_in, stamp

HISTORY_NODE = "history"
FOREVER = datetime.max.replace(tzinfo=UTC)
SAME_START = timedelta(seconds=5)
"""How far the history's start of a conference may be from the start its nodes reported."""


@dataclass(frozen=True, kw_only=True)
class Shard:
    """A conference as one node reports it, or as one history row states it."""

    node: str
    start: datetime
    last_heard: datetime
    shown: Conference = field(default_factory=Conference)
    stamps: Stamps = field(default_factory=dict)
    history_id: str | None = None

    @property
    def end(self) -> datetime | None:
        """When this node's part ended; None while it runs or when the end was lost."""
        return self.shown.end_time

    @property
    def extent(self) -> Presence:
        """The time this shard is known to cover."""
        return Presence(self.start, max(self.start, self.end or self.last_heard))


@dataclass(frozen=True, kw_only=True)
class LooseEnd:
    """A conference event without start time: it belongs to the node's latest shard before it."""

    node: str
    time: datetime
    ended: bool
    said: Conference


@dataclass(frozen=True, kw_only=True)
class ConferenceLog:
    """Everything reported about one conference name. Plain data, so that it can be stored as JSON."""

    name: str
    shards: Mapping[str, Shard] = field(default_factory=dict)
    loose_ends: tuple[LooseEnd, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """One meeting held under a name."""

    name: str
    start: datetime  # as first reported by events where there are any; the stable part of its key
    shards: tuple[Shard, ...]
    legs: tuple[Leg, ...]
    span: Presence  # start and end as billed: history where known
    over: bool  # every node that started it ended it, or every leg of it is closed
    history_id: str | None = None


def fold_conference(log: ConferenceLog, event: Event, said: Conference) -> ConferenceLog:
    """The log after one conference event, whichever came before."""
    ended = event.kind is Kind.CONFERENCE_ENDED
    if ended and said.end_time is None:
        said = replace(said, end_time=event.time)
    time = event.time or said.end_time or said.start_time
    if time is None:
        return log
    if said.start_time is None:
        loose = LooseEnd(node=event.node, time=time, ended=ended, said=said)
        kept = {repr(held): held for held in (*log.loose_ends, loose)}
        return replace(log, loose_ends=tuple(kept[key] for key in sorted(kept)))
    weight = stamp(Rank.FINAL if ended else Rank.RUNNING, time, event.seq)
    return _with_report(log, event.node, said.start_time, said, weight)


def _with_report(log: ConferenceLog, node: str, start: datetime, said: Conference, weight: Stamp) -> ConferenceLog:
    key = f"{node}@{start.isoformat()}"
    shard = log.shards.get(key, Shard(node=node, start=start, last_heard=weight.time))
    shown, stamps = overlay(shard.shown, shard.stamps, said, weight)
    heard = replace(shard, shown=shown, stamps=stamps, last_heard=max(shard.last_heard, weight.time))
    return replace(log, shards={**log.shards, key: heard})


def fold_conference_history(log: ConferenceLog, row_id: str, said: Conference) -> ConferenceLog:
    """The log with one row of the conference history; rows without both times say nothing we can use."""
    if said.start_time is None or said.end_time is None:
        return log
    shown, stamps = overlay(Conference(), {}, said, stamp(Rank.HISTORY, said.end_time))
    shard = Shard(
        node=HISTORY_NODE,
        start=said.start_time,
        last_heard=said.end_time,
        shown=shown,
        stamps=stamps,
        history_id=row_id,
    )
    return replace(log, shards={**log.shards, f"{HISTORY_NODE}@{row_id}": shard})


def occurrences(log: ConferenceLog, legs: Iterable[Leg]) -> list[Occurrence]:
    """The meetings held under this name, oldest first: a function of what is known, not of its order."""
    shards = sorted(_tied(log).shards.values(), key=lambda shard: (shard.start, shard.node))
    present = [(leg, seen) for leg in legs if (seen := presence_in(leg, log.name))]
    return [_occurrence(log.name, group, present) for group in _meetings(shards, present)]


def _tied(log: ConferenceLog) -> ConferenceLog:
    """The log with every loose end attached to its shard; those that fit nowhere are left out."""
    for loose in log.loose_ends:
        earlier = [
            shard.start
            for shard in log.shards.values()
            if shard.node == loose.node and shard.start <= loose.time and not shard.history_id
        ]
        if earlier:
            weight = stamp(Rank.FINAL if loose.ended else Rank.RUNNING, loose.time)
            log = _with_report(log, loose.node, max(earlier), loose.said, weight)
    return log


def _meetings(shards: Sequence[Shard], present: Sequence[tuple[Leg, Presence]]) -> list[list[Shard]]:
    """Shards grouped into meetings: joined where they, or the legs seen during them, overlap.

    Two rows of the platform's history are two meetings, whatever overlaps.
    """
    groups: list[list[Shard]] = []
    reach = EPOCH
    for shard in shards:
        if groups and _joins(groups[-1], shard, reach):
            groups[-1].append(shard)
        else:
            groups.append([shard])
            reach = EPOCH
        reach = max(reach, _reach(shard, shards, present))
    return groups


def _joins(group: Sequence[Shard], shard: Shard, reach: datetime) -> bool:
    rows = sum(held.history_id is not None for held in (*group, shard))
    if rows > 1 and shard.history_id:
        return False
    same_start = rows == 1 and shard.start - group[0].start <= SAME_START
    return shard.start <= reach or same_start


def _reach(shard: Shard, shards: Sequence[Shard], present: Sequence[tuple[Leg, Presence]]) -> datetime:
    """How far a shard extends. Where its end was lost, the legs that came before the next start bear witness.

    An open leg keeps it running, at most until the same node starts anew: a node holds a name only once at
    a time.
    """
    known = shard.extent.last
    if shard.end is not None:
        return known
    later = [other for other in shards if other.start > shard.start and not other.history_id]
    next_start = min((other.start for other in later), default=FOREVER)
    next_here = min((other.start for other in later if other.node == shard.node), default=FOREVER)
    during = [
        seen.last if leg.closed else next_here
        for leg, seen in present
        if seen.last >= shard.start and seen.first < next_start
    ]
    return max([known, *during])


def _occurrence(name: str, shards: list[Shard], present: Sequence[tuple[Leg, Presence]]) -> Occurrence:
    row = next((shard for shard in shards if shard.history_id), None)
    reported = [shard for shard in shards if not shard.history_id] or shards
    start, end = reported[0].start, max(_reach(shard, shards, present) for shard in reported)
    legs = tuple(leg for leg, seen in present if seen.first <= end and seen.last > start)
    ended = all(shard.end is not None for shard in reported)
    return Occurrence(
        name=name,
        start=start,
        shards=tuple(shards),
        legs=legs,
        span=row.extent if row else Presence(start, end),
        over=row is not None or ended or (bool(legs) and all(leg.closed for leg in legs)),
        history_id=row.history_id if row else None,
    )


def whole_seconds(span: Presence) -> int:
    """The length of a span in whole seconds, truncated as the platform's history truncates it."""
    return (span.last - span.first) // timedelta(seconds=1)


def without_meetings_before(log: ConferenceLog, before: datetime) -> ConferenceLog:
    """The log without what ended before a time, so that a room used every day does not grow for ever."""
    return replace(
        log,
        shards={key: shard for key, shard in log.shards.items() if shard.extent.last >= before},
        loose_ends=tuple(loose for loose in log.loose_ends if loose.time >= before),
    )
