"""Traced interactions as the Usage Ledger's contract tells them; see `ledger_words`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from usage_service.record import Property


@dataclass(frozen=True, kw_only=True, slots=True)
class TracedCall:
    """A call as one server saw it."""

    server: str
    server_inferred: bool  # its name was concluded from what others said
    call_uuid: str
    conn_ids: tuple[str, ...] = ()
    started: datetime  # by the clock of the server
    ended: datetime | None = None
    merged_into: str | None = None
    attributes: tuple[Property, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PathStep:
    """One step of the path across servers."""

    from_call: str
    to_call: str
    kind: Literal["link", "merge"]
    link_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkSide:
    """What one call reported of a link."""

    call_uuid: str
    current_call: str  # after merges
    role: str
    remote_location: str = ""
    removed: bool  # it has left the call's list of links


@dataclass(frozen=True, kw_only=True, slots=True)
class TracedLink:
    """A link between calls of two servers, with all its sides."""

    link_id: str
    state: Literal["waiting", "complete", "no_pair", "failed"]
    sides: tuple[LinkSide, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """One entry of a server's time line."""

    time: datetime  # by the clock of the server
    call_uuid: str
    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeLine:
    """What one server reported, in its own order; times of different servers cannot be compared."""

    server: str
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RelatedRecord:
    """A usage record of another system that carries a value of one of the calls."""

    call_uuid: str
    record_id: str
    service: str
    event_type: str
    record_time: datetime  # by the clock of that system
    property_name: str
    value: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interaction:
    """What a customer experienced as one: calls on several servers, tied together by links."""

    interaction_id: str
    settled: bool  # every call has ended, and no link is waited for any more
    calls: tuple[TracedCall, ...] = ()  # in the order of the path
    roots: tuple[str, ...] = ()  # where it begins
    steps: tuple[PathStep, ...] = ()
    links: tuple[TracedLink, ...] = ()
    time_lines: tuple[TimeLine, ...] = ()
    problems: tuple[str, ...] = ()  # reports that contradict each other
    related: tuple[RelatedRecord, ...] = ()
