"""Working on a few legs at a time: which stored pieces a batch of events or history rows needs.

`Calls` gives the same usages when it holds only the pieces that a batch can affect. A store keeps every
leg, its statistics and every conference as one row each and offers them through `Shelf`.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from usage_service.sources.pexip.calls import Calls
from usage_service.sources.pexip.conferences import ConferenceLog
from usage_service.sources.pexip.events import Event, Participant
from usage_service.sources.pexip.history import ConferenceRow, ParticipantRow
from usage_service.sources.pexip.legs import Leg, conference_names
from usage_service.sources.pexip.media import Media


class Shelf(Protocol):
    """Where the pieces are kept. Unknown ids and names are passed over."""

    def legs(self, uuids: Collection[str]) -> Iterable[Leg]:
        """The legs with these uuids."""

    def legs_naming(self, uuids: Collection[str]) -> Iterable[Leg]:
        """The legs that name one of these as related."""

    def legs_in(self, conferences: Collection[str]) -> Iterable[Leg]:
        """The legs seen in these conferences."""

    def legs_of(self, call_ids: Collection[str], conversation_ids: Collection[str]) -> Iterable[Leg]:
        """The legs of these calls or conversations."""

    def legs_confirmed(self, row_ids: Collection[str]) -> Iterable[Leg]:
        """The legs that these history rows belong to."""

    def media(self, uuids: Collection[str]) -> Mapping[str, Media]:
        """The statistics reported under these ids."""

    def conferences(self, names: Collection[str]) -> Iterable[ConferenceLog]:
        """The reports on these conferences."""

    def strays(self, call_ids: Collection[str], conversation_ids: Collection[str]) -> Iterable[ParticipantRow]:
        """History rows without events so far that belong to one of these calls or conversations."""


def pieces_for(events: Iterable[Event], shelf: Shelf, *, with_meetings: bool = True) -> Calls:
    """The state in which these events can be applied and everything they touch can be told.

    Without meetings only legs can be told, but a busy room's other legs need not be fetched for every event.
    """
    batch = list(events)
    ids = {uuid for event in batch for uuid in _ids(event)}
    legs = _by_uuid([*shelf.legs(ids), *shelf.legs_naming(ids)])
    ids |= _with_related(legs.values())
    legs |= _by_uuid(shelf.legs(ids))
    ids |= _with_related(legs.values())
    said = [event.participant for event in batch if event.participant is not None]
    strays = list(shelf.strays(_stated(said, "call_id"), _stated(said, "conversation_id")))
    legs |= _by_uuid(shelf.legs({row.id for row in strays}))
    names = {event.conference.name for event in batch if event.conference and event.conference.name}
    names |= _stated(said, "conference")
    if not with_meetings:
        return Calls.of(legs.values(), shelf.media(ids | legs.keys()), shelf.conferences(names), strays)
    return _gathered(legs, ids, names, strays, shelf)


def pieces_for_rows(rows: Iterable[ParticipantRow], conference_rows: Iterable[ConferenceRow], shelf: Shelf) -> Calls:
    """The state in which these history rows can be reconciled."""
    batch = list(rows)
    said = [row.said for row in batch]
    ids = {row.id for row in batch}
    calls, conversations = _stated(said, "call_id"), _stated(said, "conversation_id")
    legs = _by_uuid([*shelf.legs(ids), *shelf.legs_confirmed(ids), *shelf.legs_of(calls, conversations)])
    ids |= _with_related(legs.values())
    legs |= _by_uuid([*shelf.legs(ids), *shelf.legs_naming(legs.keys())])
    ids |= _with_related(legs.values())
    legs |= _by_uuid(shelf.legs(ids))
    names = {row.said.name for row in conference_rows if row.said.name}
    strays = list(shelf.strays(calls, conversations))
    return _gathered(legs, ids, names | _stated(said, "conference"), strays, shelf)


def pieces_about(uuids: Collection[str], names: Collection[str], shelf: Shelf) -> Calls:
    """The state in which the usages of these legs and conferences can be told."""
    legs = _by_uuid(shelf.legs(uuids))
    ids = {*uuids, *_with_related(legs.values())}
    legs |= _by_uuid(shelf.legs(ids - legs.keys()))
    present = _by_uuid(shelf.legs_in(names))
    return Calls.of((legs | present).values(), shelf.media(ids | present.keys()), shelf.conferences(names), ())


def _gathered(
    legs: dict[str, Leg], ids: set[str], names: set[str], strays: list[ParticipantRow], shelf: Shelf
) -> Calls:
    names |= {name for leg in legs.values() for name in conference_names(leg)}
    present = _by_uuid(shelf.legs_in(names))
    media = shelf.media(ids | legs.keys() | present.keys())
    return Calls.of((legs | present).values(), media, shelf.conferences(names), strays)


def _ids(event: Event) -> Iterable[str]:
    if event.participant is not None:
        yield event.participant.uuid or ""
        yield from event.participant.related_uuids or ()
    if event.media is not None:
        yield event.media.uuid


def _stated(said: Iterable[Participant], name: str) -> set[str]:
    return {value for participant in said if (value := getattr(participant, name))}


def _with_related(legs: Iterable[Leg]) -> set[str]:
    return {uuid for leg in legs for uuid in (leg.uuid, *(leg.shown.related_uuids or ()))}


def _by_uuid(legs: Iterable[Leg]) -> dict[str, Leg]:
    return {leg.uuid: leg for leg in legs}
