"""The order of calls on their path across servers: along links and merges, never by comparing clocks.

One customer interaction: all calls that links and merges tie together, across servers, in the order of the
path.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from usage_service.systems.genesys.call import Call, CallKey, LinkChange, link_history
from usage_service.systems.genesys.call_book import CallBook
from usage_service.systems.genesys.event import Rank
from usage_service.systems.genesys.link import SOURCE, LinkSide, LinkState, LinkView, Policy, sides_of, view

LINK, MERGE = "link", "merge"


class Step(NamedTuple):
    """One step of the path."""

    start: CallKey
    end: CallKey
    kind: str  # `LINK`, or `MERGE` from the surviving call to the one it absorbed
    link_id: str
    rank: Rank  # of the report at `start`; orders the steps that leave it


def leaving(steps: Iterable[Step]) -> dict[CallKey, list[Step]]:
    """The steps that leave each call, in the order of its server."""
    found: defaultdict[CallKey, list[Step]] = defaultdict(list)
    for step in sorted(steps, key=lambda step: (step.rank, step.end, step.link_id)):
        found[step.start].append(step)
    return dict(found)


def roots(keys: Iterable[CallKey], steps: Iterable[Step]) -> tuple[CallKey, ...]:
    """Where the path starts: calls that no step reaches, and one of each circle beyond them."""
    steps = tuple(steps)
    keys = sorted(keys)
    reached = {step.end for step in steps}
    starts = [key for key in keys if key not in reached]
    linked_to = {step.end for step in steps if step.kind == LINK}
    visited = set(in_order(starts, steps))
    for key in sorted(keys, key=lambda key: (key in linked_to, key)):
        if key not in visited:
            starts.append(key)
            visited |= set(in_order([key], steps))
    return tuple(starts)


def in_order(starts: Iterable[CallKey], steps: Iterable[Step]) -> list[CallKey]:
    """The calls from the starts on, each after all calls that lead to it (as far as there is no circle)."""
    after = leaving(steps)
    finished: dict[CallKey, None] = {}
    for start in reversed(list(starts)):
        _finish(start, after, finished)
    return list(reversed(finished))


def _finish(start: CallKey, after: Mapping[CallKey, list[Step]], finished: dict[CallKey, None]) -> None:
    """Depth-first; a call is finished after all that follow it. Without recursion: paths may be long."""
    entered = {start} | set(finished)
    if start in finished:
        return
    todo = [(start, iter(reversed(after.get(start, []))))]
    while todo:
        key, following = todo[-1]
        step = next(following, None)
        if step is None:
            finished[key] = None
            todo.pop()
        elif step.end not in entered:
            entered.add(step.end)
            todo.append((step.end, iter(reversed(after.get(step.end, [])))))


UNKNOWN_SERVER = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Interaction:
    """The calls of one customer interaction with what ties them."""

    interaction_id: str  # smallest CallUUID of its calls
    calls: tuple[Call, ...]  # from the first on the path to the last
    roots: tuple[CallKey, ...]  # where the path starts
    steps: tuple[Step, ...]  # from call to call, by link or merge
    links: tuple[LinkView, ...]
    servers: Mapping[CallKey, str]  # name of each call's server
    inferred: frozenset[CallKey]  # calls whose server's name was concluded from the other side of a link
    problems: tuple[str, ...]  # contradictions between the reports

    @property
    def final(self) -> bool:
        """Whether nothing more is to be expected: no link waits, every call has ended, no merge leads
        nowhere.
        """
        merges = sum(call.merged_into is not None for call in self.calls)
        followed = sum(step.kind == MERGE for step in self.steps)
        ended = all(call.ended for call in self.calls)
        return ended and merges == followed and all(link.state is not LinkState.WAITING for link in self.links)

    def call(self, key: CallKey) -> Call:
        """The call with this key."""
        return next(call for call in self.calls if call.key == key)

    def history(self) -> list[LinkChange]:
        """Every change of every link, call by call."""
        changes = [change for call in self.calls for change in link_history(call)]
        moved = [
            LinkChange(side.link_id, "moved", side.current, merged.stamp)
            for link in self.links
            for side in link.sides
            if side.current != side.reported and (merged := self.call(side.reported).merged_into)
        ]
        return changes + moved


def connected(book: CallBook, key: CallKey) -> dict[CallKey, Call]:
    """All calls that can be reached from one over links, merges and equal identity. ConnIDs join nothing."""
    found: dict[CallKey, Call] = {}
    todo = [key]
    while todo:
        key = todo.pop()
        call = book.call(key)
        if call is None or key in found:
            continue
        found[key] = call
        todo += _neighbours(book, call)
    return found


def _neighbours(book: CallBook, call: Call) -> list[CallKey]:
    near = [key for link_id in call.links for key in book.on_link(link_id)]
    for alias in _aliases(book, call.key):
        near += [alias, *book.merged_into(alias)]
    if call.merged_into is not None:
        near += _aliases(book, CallKey(call.key.server, call.merged_into.value))
    return near


def _aliases(book: CallBook, key: CallKey) -> set[CallKey]:
    """The keys that stand for the same call: with and without server, unless two servers use the CallUUID."""
    same = {key, CallKey("", key.call_uuid), *book.with_uuid(key.call_uuid)}
    known = {alias.server for alias in same if alias.server}
    return same if len(known) <= 1 else {key}


def assemble(found: Iterable[Call], policy: Policy, as_of: datetime) -> Interaction:
    """The interaction that consists of these calls."""
    calls = _named(found)
    survivors, cycles = _survivors(calls)
    by_link: defaultdict[str, list[LinkSide]] = defaultdict(list)
    for call in calls.values():
        for side in sides_of(call, survivors[call.key]):
            by_link[side.link_id].append(side)
    links = tuple(view(link_id, sides, policy, as_of) for link_id, sides in sorted(by_link.items()))
    servers, inferred, doubts = _servers(calls, links)
    steps = tuple(_steps(calls, links))
    starts = roots(calls, steps)
    wrong = [f"link {link.link_id} {problem}" for link in links for problem in link.problems]
    return Interaction(
        interaction_id=min(key.call_uuid for key in calls),
        calls=tuple(calls[key] for key in in_order(starts, steps)),
        roots=starts,
        steps=steps,
        links=links,
        servers=servers,
        inferred=inferred,
        problems=(*wrong, *doubts, *cycles),
    )


def _named(found: Iterable[Call]) -> dict[CallKey, Call]:
    """The calls by key; one reported without server is the same as the one with its CallUUID that has a
    server.
    """
    by_uuid: defaultdict[str, list[Call]] = defaultdict(list)
    for call in found:
        by_uuid[call.key.call_uuid].append(call)
    named: dict[CallKey, Call] = {}
    for same in by_uuid.values():
        known = [call for call in same if call.key.server]
        unknown = [call for call in same if not call.key.server]
        if len(known) == 1 and unknown:
            known, unknown = [known[0].join(unknown[0])], []
        named |= {call.key: call for call in known + unknown}
    return dict(sorted(named.items()))


def _survivors(calls: Mapping[CallKey, Call]) -> tuple[dict[CallKey, CallKey], list[str]]:
    """The call that each one lives on in, and what is wrong with the merges."""
    survivors, problems = {}, []
    for key in calls:
        trail = [key]
        while (into := _merged_into(calls, trail[-1])) is not None and into not in trail:
            trail.append(into)
        survivors[key] = trail[-1]
        if into is not None:
            problems.append(f"call {key.call_uuid} is merged in a circle")
            survivors[key] = min(trail[trail.index(into) :])
    return survivors, problems


def _merged_into(calls: Mapping[CallKey, Call], key: CallKey) -> CallKey | None:
    """The call that this one was merged into, when it is known; one of the two may be without server."""
    merged = calls[key].merged_into
    if merged is None:
        return None
    same = [into for into in calls if into.call_uuid == merged.value]
    near = [into for into in same if into.server == key.server or not (into.server and key.server)]
    return near[0] if len(near) == 1 else None


def _servers(
    calls: Mapping[CallKey, Call], links: Iterable[LinkView]
) -> tuple[dict[CallKey, str], frozenset[CallKey], list[str]]:
    """The server of each call; where unknown, what the other sides of its links call it."""
    said: defaultdict[CallKey, set[str]] = defaultdict(set)
    for link in links:
        for side in link.sides:
            others = [other for other in link.sides if other.current != side.current]
            said[side.reported] |= {other.remote_location.partition("@")[0] for other in others} - {""}
    inferred = frozenset(key for key in calls if not key.server and said[key])
    servers = {key: key.server or min(said[key], default=UNKNOWN_SERVER) for key in calls}
    doubts = [
        f"call {key.call_uuid} is said to be on {' and '.join(sorted(said[key]))}"
        for key in sorted(inferred)
        if len(said[key]) > 1
    ]
    return servers, inferred, doubts


def _steps(calls: Mapping[CallKey, Call], links: Iterable[LinkView]) -> Iterable[Step]:
    """From call to call: over links from source to target, over merges from the survivor to the absorbed
    call.
    """
    for link in links:
        yield from _link_steps(link)
    for key, call in calls.items():
        into = _merged_into(calls, key)
        if into is not None and call.merged_into is not None:
            yield Step(into, key, MERGE, "", call.merged_into.stamp.rank)


def _link_steps(link: LinkView) -> Iterable[Step]:
    """Sides that contradict each other are still joined, from the first to the others."""
    starts = [side for side in link.sides if side.role == SOURCE] or [link.sides[0]]
    ends = [side for side in link.sides if side not in starts]
    if not ends:
        starts, ends = starts[:1], starts[1:]
    for start in starts:
        for end in ends:
            yield Step(start.reported, end.reported, LINK, link.link_id, start.first.rank)
