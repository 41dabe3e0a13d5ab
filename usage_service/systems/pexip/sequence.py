"""Proof of completeness: which events of a node never reached us.

A node numbers its events per sink from 1 and starts again at 1 when the sink is restarted, so `(node, seq)`
is not unique: numbers belong to an *epoch*. Epochs can only be inferred. Sightings are therefore kept
sorted by event time before they are judged, which makes the result independent of the order of arrival; the
oldest are then folded into epochs so that the state stays small.

Counting what each node sent, so that a loss is known and its time can be reconciled.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

import msgspec

from usage_service.systems.pexip.events import Kind
from usage_service.systems.pexip.store import PexipProgress

SLACK = timedelta(seconds=10)
"""How far event times may disagree with their numbers: a node holds a disconnect back to wait for media
statistics.
"""
KEPT = 2000
"""How many of the newest sightings stay unfolded; disorder further back than this can no longer move an
epoch.
"""


class Sighting(NamedTuple):
    """One numbered event as it was seen. Sorts by time, then number."""

    time: datetime
    seq: int
    starts: bool = False  # an `eventsink_started`


class Gap(NamedTuple):
    """Numbers never seen, and the event times around them: the window to reconcile."""

    first: int
    last: int
    after: datetime | None  # None when nothing before the gap was seen
    before: datetime


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """One run of the publisher on one node."""

    opened: datetime
    highest: int
    latest: datetime  # event time of the highest number
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SequenceLog:
    """What one node sent to one sink. Plain data, so that it can be stored as JSON."""

    folded: tuple[Epoch, ...] = ()
    recent: tuple[Sighting, ...] = ()
    repeats: int = 0  # sightings already known
    disordered: int = 0  # sightings that arrived after a younger one


def observe(log: SequenceLog, sightings: Iterable[Sighting]) -> SequenceLog:
    """The log with more sightings, in whatever order they arrived."""
    known, newest = set(log.recent), max(log.recent, default=None)
    repeats, disordered = log.repeats, log.disordered
    for seen in sightings:
        repeats += seen in known
        disordered += newest is not None and seen < newest and seen not in known
        newest = max(newest or seen, seen)
        known.add(seen)
    return _fold(replace(log, recent=tuple(sorted(known)), repeats=repeats, disordered=disordered))


def epochs(log: SequenceLog) -> tuple[Epoch, ...]:
    """All epochs as far as they are known, oldest first, with their gaps."""
    return _place_all(log.folded, log.recent)[0]


def _fold(log: SequenceLog) -> SequenceLog:
    if len(log.recent) <= 2 * KEPT:
        return log
    folded, repeats = _place_all(log.folded, log.recent[:-KEPT])
    return replace(log, folded=folded, recent=log.recent[-KEPT:], repeats=log.repeats + repeats)


def _place_all(start: tuple[Epoch, ...], sightings: Sequence[Sighting]) -> tuple[tuple[Epoch, ...], int]:
    placed, repeats = list(start), 0
    for seen in sightings:
        repeats += not _place(placed, seen)
    return tuple(placed), repeats


def _place(placed: list[Epoch], seen: Sighting) -> bool:
    """Put one sighting where it belongs; False when its number is known there already."""
    if not placed:
        placed.append(_opened(seen))
        return True
    at = max(0, bisect_right(placed, seen.time, key=lambda epoch: epoch.opened) - 1)
    if _continues_previous(placed, at, seen):
        at -= 1
    epoch = placed[at]
    if seen.time == epoch.opened and seen.seq == 1 and not _is_missing(epoch, 1):
        return False
    if at == len(placed) - 1 and _opens(epoch, seen):
        placed.append(_opened(seen))
        return True
    grown = _with_number(epoch, seen)
    placed[at] = grown or epoch
    return grown is not None


def _opened(seen: Sighting) -> Epoch:
    missing = (Gap(1, seen.seq - 1, None, seen.time),) if seen.seq > 1 else ()
    return Epoch(opened=seen.time, highest=seen.seq, latest=seen.time, gaps=missing)


def _opens(epoch: Epoch, seen: Sighting) -> bool:
    """Whether the publisher must have been restarted before this sighting."""
    if seen.starts:  # a backlog sent after a restart carries older times than the start it follows
        return not _is_missing(epoch, seen.seq)
    if seen.seq == 1:
        return not (_is_missing(epoch, 1) and seen.time <= epoch.opened + SLACK)
    fell_back = seen.seq < epoch.highest and not _is_missing(epoch, seen.seq, seen.time)
    return fell_back and seen.time > epoch.latest + SLACK


def _continues_previous(placed: Sequence[Epoch], at: int, seen: Sighting) -> bool:
    """Whether a number close to a restart is still one of the run before it."""
    if at == 0 or seen.starts or seen.time > placed[at].opened + SLACK:
        return False
    previous, epoch = placed[at - 1], placed[at]
    expected_there = seen.seq == previous.highest + 1 or _is_missing(previous, seen.seq, seen.time)
    return expected_there and seen.seq != epoch.highest + 1 and not _is_missing(epoch, seen.seq)


def _is_missing(epoch: Epoch, seq: int, time: datetime | None = None) -> bool:
    return any(gap.first <= seq <= gap.last and (time is None or time <= gap.before + SLACK) for gap in epoch.gaps)


def _with_number(epoch: Epoch, seen: Sighting) -> Epoch | None:
    if seen.seq > epoch.highest:
        gap = (Gap(epoch.highest + 1, seen.seq - 1, epoch.latest, seen.time),)
        missing = epoch.gaps + (gap if seen.seq > epoch.highest + 1 else ())
        return replace(epoch, highest=seen.seq, latest=max(epoch.latest, seen.time), gaps=missing)
    if not _is_missing(epoch, seen.seq):
        return None
    return replace(epoch, gaps=tuple(part for gap in epoch.gaps for part in _split(gap, seen)))


def _split(gap: Gap, seen: Sighting) -> Iterable[Gap]:
    """What is left of a gap once one of its numbers was seen after all."""
    if not gap.first <= seen.seq <= gap.last:
        return (gap,)
    before = Gap(gap.first, seen.seq - 1, gap.after, seen.time)
    after = Gap(seen.seq + 1, gap.last, seen.time, gap.before)
    return [part for part in (before, after) if part.first <= part.last]


BATCH = 5_000
"""Most events counted in one step."""

Node = tuple[str, str]
"""Sink and node: what is numbered together."""


class Numbered(Protocol):
    """One numbered event."""

    @property
    def sink(self) -> str: ...
    @property
    def node(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def event_time(self) -> datetime: ...
    @property
    def event(self) -> str: ...


def count_step(counts: PexipProgress, source: str) -> int:
    """Count some of the events that were read; returns how many."""
    numbered, up_to = counts.uncounted(BATCH)
    if not numbered:
        return 0
    seen: dict[Node, list[Sighting]] = {}
    for one in numbered:
        starts = one.event == Kind.SINK_STARTED
        seen.setdefault((one.sink, one.node), []).append(Sighting(one.event_time, one.seq, starts))
    states = counts.sequences(seen.keys())
    logs = {node: observe(_log(states.get(node)), sightings) for node, sightings in seen.items()}
    known = [(f"{source}/{sink}/{node}", log, epochs(log)) for (sink, node), log in logs.items()]
    counts.count(
        up_to,
        {node: msgspec.json.encode(log) for node, log in logs.items()},
        [row for place, log, runs in known for row in _epoch_rows(place, log, runs)],
        [row for place, _, runs in known for run in runs for row in _gap_rows(place, run)],
    )
    return len(numbered)


def _log(state: bytes | None) -> SequenceLog:
    return SequenceLog() if state is None else msgspec.json.decode(state, type=SequenceLog)


def _epoch_rows(source: str, log: SequenceLog, runs: Sequence[Epoch]) -> list[dict[str, Any]]:
    return [
        {
            "source": source,
            "opened_at": run.opened,
            "highest": run.highest,
            "missing": sum(gap.last - gap.first + 1 for gap in run.gaps),
            "repeated": log.repeats if run is runs[-1] else 0,
            "latest_at": run.latest,
        }
        for run in runs
    ]


def _gap_rows(source: str, run: Epoch) -> list[dict[str, Any]]:
    return [
        {
            "source": source,
            "opened_at": run.opened,
            "first_number": gap.first,
            "last_number": gap.last,
            "after_time": gap.after,
            "before_time": gap.before,
        }
        for gap in run.gaps
    ]
