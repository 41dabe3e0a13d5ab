"""Rows of the platform's history, read into the same words as events.

`history/participant` and `history/conference` of the Management API (Tastypie). Their times are UTC without
saying so and their durations are whole seconds, truncated.

Which history row is which leg.

Events and history name the same leg by different ids, depending on protocol and direction: `uuid` equals
the row's `id` for SIP, `call_id` equals `call_uuid` for WebRTC and RTMP, and sometimes only the
conversation is shared.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from usage_service.systems.pexip.fields import (
    CONFERENCE,
    PARTICIPANT,
    Conference,
    Field,
    Participant,
    Wins,
    in_history,
    read_fields,
    text,
)
from usage_service.systems.pexip.legs import Leg

HORIZON = 10_000
"""The platform keeps only this many newest conferences; older ones vanish with their participants."""
HORIZON_WARNING = 0.8
"""Share of the horizon from which on an operator should be warned."""


@dataclass(frozen=True, kw_only=True)
class ParticipantRow:
    """One closed leg as history states it: `said` overrules events, `hints` fill what they left out."""

    id: str
    said: Participant
    hints: Participant
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ConferenceRow:
    """One ended conference as history states it."""

    id: str
    said: Conference
    remarks: tuple[str, ...] = ()


_SAID = in_history(PARTICIPANT, Wins.HISTORY)
_HINTS = in_history(PARTICIPANT, Wins.EVENTS)
_CONFERENCE_FIELDS = {"id": Field(("id",), text), **in_history(CONFERENCE, Wins.HISTORY)}


def read_participant_row(row: Any) -> ParticipantRow | str:
    """A row of `history/participant`, or the reason why it is none."""
    if not isinstance(row, dict):
        return "the row is not an object"
    said, unreadable = read_fields(row, _SAID)
    hints, unreadable_hints = read_fields(row, _HINTS)
    if not said.get("uuid"):
        return "a participant row without id"
    if "connect_time" not in said or "end_time" not in said:
        return "a participant row without start and end"
    remarks = tuple(f"unreadable {name}" for name in unreadable + unreadable_hints)
    return ParticipantRow(id=said["uuid"], said=Participant(**said), hints=Participant(**hints), remarks=remarks)


def read_conference_row(row: Any) -> ConferenceRow | str:
    """A row of `history/conference`, or the reason why it is none."""
    if not isinstance(row, dict):
        return "the row is not an object"
    fields, unreadable = read_fields(row, _CONFERENCE_FIELDS)
    row_id = fields.pop("id", "")
    if not row_id or not fields.get("name"):
        return "a conference row without id and name"
    if "start_time" not in fields or "end_time" not in fields:
        return "a conference row without start and end"
    remarks = tuple(f"unreadable {name}" for name in unreadable)
    return ConferenceRow(id=row_id, said=Conference(**fields), remarks=remarks)


def horizon_warning(conferences_kept: int) -> str | None:
    """A warning before the platform starts to forget conferences; None while there is room."""
    if conferences_kept < HORIZON * HORIZON_WARNING:
        return None
    return (
        f"the platform keeps {conferences_kept} of at most {HORIZON} conferences; "
        "older ones and their participants vanish, so reconcile more often"
    )


SAME_START = timedelta(seconds=5)
"""How far two statements of one leg's start may be apart when only the conversation is shared."""


class Identity(NamedTuple):
    """Everything that may identify a leg."""

    id: str
    call_id: str | None
    conversation_id: str | None
    conference: str | None
    start: datetime | None
    is_api: bool  # the API leg of a WebRTC participant shares ids with the leg that carries media


def leg_identity(leg: Leg) -> Identity:
    """What identifies a leg built from events."""
    return _identity(leg.uuid, leg.shown, leg.start)


def row_identity(row: ParticipantRow) -> Identity:
    """What identifies a row of the history."""
    return _identity(row.id, row.said, row.said.connect_time)


def _identity(uuid: str, said: Participant, start: datetime | None) -> Identity:
    is_api = (said.protocol or "").lower() == "api"
    return Identity(uuid, said.call_id, said.conversation_id, said.conference, start, is_api)


def pair(rows: Iterable[Identity], legs: Iterable[Identity]) -> dict[str, str]:
    """Row id to leg id, one to one, the surest identity first; what is not named has no partner."""
    open_rows, open_legs = list(rows), list(legs)
    paired: dict[str, str] = {}
    for candidates in (_same_id, _same_call, _same_conversation):
        taken: set[str] = set()
        for row, leg in candidates(open_rows, open_legs):
            if row.id not in paired and leg.id not in taken:
                paired[row.id] = leg.id
                taken.add(leg.id)
        open_rows = [row for row in open_rows if row.id not in paired]
        open_legs = [leg for leg in open_legs if leg.id not in taken]
    return paired


Pairs = Iterator[tuple[Identity, Identity]]
Key = Callable[[Identity], tuple[Hashable, ...]]
"""What two identities must share; an empty key matches nothing."""


def _same_id(rows: list[Identity], legs: list[Identity]) -> Pairs:
    return _sharing(rows, legs, lambda one: (one.id,))


def _same_call(rows: list[Identity], legs: list[Identity]) -> Pairs:
    return _sharing(rows, legs, lambda one: (one.call_id, one.is_api) if one.call_id else ())


def _same_conversation(rows: list[Identity], legs: list[Identity]) -> Pairs:
    """Legs of one person in one conference are distinguished by their start: the nearest pairs come first."""
    shared = _sharing(
        rows,
        legs,
        lambda one: (one.conversation_id, one.conference, one.is_api) if one.conversation_id else (),
    )
    near = [
        (abs(row.start - leg.start), row, leg)
        for row, leg in shared
        if row.start is not None and leg.start is not None and abs(row.start - leg.start) <= SAME_START
    ]
    near.sort(key=lambda found: (found[0], found[1].id, found[2].id))
    return ((row, leg) for _, row, leg in near)


def _sharing(rows: list[Identity], legs: list[Identity], key: Key) -> Pairs:
    by_key: dict[Hashable, list[Identity]] = {}
    for leg in sorted(legs, key=lambda one: one.id):
        by_key.setdefault(key(leg), []).append(leg)
    for row in sorted(rows, key=lambda one: one.id):
        if key(row):
            for leg in by_key.get(key(row), ()):
                yield row, leg
