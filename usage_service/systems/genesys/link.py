"""IS-Links: two calls on different servers, joined by an id that each server reports alone.

No server reports a link as a whole. A link is what the two sides say about it, and a side that does not come is
known from one that will never come (Genesys Events and Models Reference, "Multi-Site Call Scenarios"; the
states follow those of Interaction Concentrator's G_IS_LINK).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from usage_service.systems.genesys.call import Call, CallKey, Stamp, link_history
from usage_service.systems.genesys.event import Link

SOURCE, TARGET = "source", "target"
SIDES = 2


class LinkState(Enum):
    """How far a link is known."""

    WAITING = "waiting"  # the other side has not reported yet
    COMPLETE = "complete"
    NO_PAIR = "no_pair"  # the other side is a switch we hear nothing of
    FAILED = "failed"  # the other side did not report in time


@dataclass(frozen=True, slots=True)
class Policy:
    """When to stop waiting for the other side of a link."""

    wait: timedelta = timedelta(minutes=15)
    monitored: frozenset[str] | None = None  # `Application@Switch` or `Application`; None: all

    def hears(self, location: str) -> bool:
        """Whether calls at a location are reported to us."""
        application = location.partition("@")[0]
        return self.monitored is None or location in self.monitored or application in self.monitored


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkSide:
    """A link as one call has it."""

    link_id: str
    reported: CallKey  # the call in whose list the link is
    current: CallKey  # the same, or the call it was merged into
    role: str
    remote_location: str
    first: Stamp
    removed: bool  # no longer in the call's list; it still tells which way the customer went


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link with all its sides, its state and what is wrong with it."""

    link_id: str
    state: LinkState
    sides: tuple[LinkSide, ...]
    problems: tuple[str, ...]


def sides_of(call: Call, current: CallKey) -> list[LinkSide]:
    """The sides that a call reports, in the order of its server."""
    first: dict[str, Stamp] = {}
    present: dict[str, bool] = {}
    for change in link_history(call):
        first.setdefault(change.link_id, change.stamp)
        present[change.link_id] = change.change == "added"
    latest = _latest(call)
    return [
        LinkSide(
            link_id=link_id,
            reported=call.key,
            current=current,
            role=latest[link_id].role,
            remote_location=latest[link_id].remote_location,
            first=stamp,
            removed=not present[link_id],
        )
        for link_id, stamp in first.items()
    ]


def view(link_id: str, sides: Iterable[LinkSide], policy: Policy, as_of: datetime) -> LinkView:
    """A link from all its sides."""
    ordered = tuple(sorted(sides, key=lambda side: side.reported))
    return LinkView(link_id, _state(ordered, policy, as_of), ordered, tuple(_problems(ordered)))


def _latest(call: Call) -> Mapping[str, Link]:
    """The last description of every link (of two in one statement, the greater)."""
    return {link.link_id: link for _, statement in sorted(call.statements.items()) for link in sorted(statement.links)}


def _state(sides: tuple[LinkSide, ...], policy: Policy, as_of: datetime) -> LinkState:
    if len({side.current for side in sides}) >= SIDES:
        return LinkState.COMPLETE
    if not policy.hears(sides[0].remote_location):
        return LinkState.NO_PAIR
    waited = as_of - min(side.first.time for side in sides)
    return LinkState.FAILED if waited >= policy.wait else LinkState.WAITING


def _problems(sides: tuple[LinkSide, ...]) -> Iterable[str]:
    current = {side.current: side for side in sides}
    if len(current) > SIDES:
        yield f"joins {len(current)} calls"
    if len(current) == SIDES:
        if len({side.role for side in current.values()}) == 1:
            yield f"both sides are {sides[0].role or 'without role'}"
        servers = {key.server for key in current if key.server}
        if len(servers) == 1 and all(key.server for key in current):
            yield f"both sides are on {next(iter(servers))}"
    if any(side.role not in (SOURCE, TARGET) for side in sides):
        yield "a side has no role"
