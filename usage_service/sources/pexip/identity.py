"""Which history row is which leg.

Events and history name the same leg by different ids, depending on protocol and direction: `uuid` equals
the row's `id` for SIP, `call_id` equals `call_uuid` for WebRTC and RTMP, and sometimes only the
conversation is shared.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from usage_service.sources.pexip.events import Participant
from usage_service.sources.pexip.history import ParticipantRow
from usage_service.sources.pexip.legs import Leg

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
    """Legs of one person in one conference are told apart by their start: the nearest pairs come first."""
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
