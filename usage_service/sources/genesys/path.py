"""The order of calls on their path across servers: along links and merges, never by comparing clocks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from usage_service.sources.genesys.call import CallKey
from usage_service.sources.genesys.event import Rank

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
