"""Working on a few legs at a time: which stored states a batch of events or history rows needs.

`Calls` gives the same usages when it holds only the states that a batch can affect. A store keeps every
leg, its statistics and every conference as one row each and offers them through `Repository`.

Legs, statistics, conferences and unmatched history rows as states in JSON in a store.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Protocol, TypeVar

import msgspec

from usage_service.record import EPOCH
from usage_service.systems.pexip.calls import Calls, Touched
from usage_service.systems.pexip.conferences import ConferenceLog, without_meetings_before
from usage_service.systems.pexip.events import Event
from usage_service.systems.pexip.fields import Participant
from usage_service.systems.pexip.history import ConferenceRow, ParticipantRow
from usage_service.systems.pexip.legs import Leg, conference_names
from usage_service.systems.pexip.media import Media
from usage_service.systems.pexip.store import Key, StateReader, StateRow


class Repository(Protocol):
    """Where the states are kept. Unknown ids and names are passed over."""

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

    def unmatched(self, call_ids: Collection[str], conversation_ids: Collection[str]) -> Iterable[ParticipantRow]:
        """History rows without events so far that belong to one of these calls or conversations."""


def state_for(events: Iterable[Event], repository: Repository, *, with_meetings: bool = True) -> Calls:
    """The state in which these events can be applied and everything they touch can be published.

    Without meetings only legs can be published, but a busy room's other legs need not be fetched for every event.
    """
    batch = list(events)
    ids = {uuid for event in batch for uuid in _ids(event)}
    legs = _by_uuid([*repository.legs(ids), *repository.legs_naming(ids)])
    ids |= _with_related(legs.values())
    legs |= _by_uuid(repository.legs(ids))
    ids |= _with_related(legs.values())
    said = [event.participant for event in batch if event.participant is not None]
    unmatched = list(repository.unmatched(_stated(said, "call_id"), _stated(said, "conversation_id")))
    legs |= _by_uuid(repository.legs({row.id for row in unmatched}))
    names = {event.conference.name for event in batch if event.conference and event.conference.name}
    names |= _stated(said, "conference")
    if not with_meetings:
        return Calls.of(legs.values(), repository.media(ids | legs.keys()), repository.conferences(names), unmatched)
    return _gathered(legs, ids, names, unmatched, repository)


def state_for_rows(
    rows: Iterable[ParticipantRow], conference_rows: Iterable[ConferenceRow], repository: Repository
) -> Calls:
    """The state in which these history rows can be reconciled."""
    batch = list(rows)
    said = [row.said for row in batch]
    ids = {row.id for row in batch}
    calls, conversations = _stated(said, "call_id"), _stated(said, "conversation_id")
    legs = _by_uuid([*repository.legs(ids), *repository.legs_confirmed(ids), *repository.legs_of(calls, conversations)])
    ids |= _with_related(legs.values())
    legs |= _by_uuid([*repository.legs(ids), *repository.legs_naming(legs.keys())])
    ids |= _with_related(legs.values())
    legs |= _by_uuid(repository.legs(ids))
    names = {row.said.name for row in conference_rows if row.said.name}
    unmatched = list(repository.unmatched(calls, conversations))
    return _gathered(legs, ids, names | _stated(said, "conference"), unmatched, repository)


def state_about(uuids: Collection[str], names: Collection[str], repository: Repository) -> Calls:
    """The state in which the usages of these legs and conferences can be published."""
    legs = _by_uuid(repository.legs(uuids))
    ids = {*uuids, *_with_related(legs.values())}
    legs |= _by_uuid(repository.legs(ids - legs.keys()))
    present = _by_uuid(repository.legs_in(names))
    return Calls.of(
        (legs | present).values(), repository.media(ids | present.keys()), repository.conferences(names), ()
    )


def _gathered(
    legs: dict[str, Leg], ids: set[str], names: set[str], unmatched: list[ParticipantRow], repository: Repository
) -> Calls:
    names |= {name for leg in legs.values() for name in conference_names(leg)}
    present = _by_uuid(repository.legs_in(names))
    media = repository.media(ids | legs.keys() | present.keys())
    return Calls.of((legs | present).values(), media, repository.conferences(names), unmatched)


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


LEG, MEDIA, CONFERENCE, UNMATCHED = "leg", "media", "conference", "stray"
LONGEST_NAME = 250
"""Longest name that is an id as it stands; names are free text and databases limit what they index."""
MARGIN = timedelta(days=2)
"""How much longer a conference log remembers than its meetings can change, so that none loses a part."""

Thing = TypeVar("Thing")


class StoredRepository:
    """The repository that `state_for` takes from, on top of stored states."""

    def __init__(self, states: StateReader) -> None:
        self._states = states

    def legs(self, uuids: Collection[str]) -> Iterable[Leg]:
        """The legs with these uuids."""
        return _read(Leg, self._states.by_id(LEG, _short(uuids)))

    def legs_naming(self, uuids: Collection[str]) -> Iterable[Leg]:
        """The legs that name one of these as related."""
        return _read(Leg, self._states.by_key(LEG, "related", _short(uuids)))

    def legs_in(self, conferences: Collection[str]) -> Iterable[Leg]:
        """The legs seen in these conferences."""
        return _read(Leg, self._states.by_key(LEG, "conference", _short(conferences)))

    def legs_of(self, call_ids: Collection[str], conversation_ids: Collection[str]) -> Iterable[Leg]:
        """The legs of these calls or conversations."""
        return _read(Leg, self._of(LEG, call_ids, conversation_ids))

    def legs_confirmed(self, row_ids: Collection[str]) -> Iterable[Leg]:
        """The legs that these history rows belong to."""
        return _read(Leg, self._states.by_key(LEG, "history", _short(row_ids)))

    def media(self, uuids: Collection[str]) -> Mapping[str, Media]:
        """The statistics reported under these ids."""
        found = self._states.by_id(MEDIA, _short(uuids))
        return {uuid: msgspec.json.decode(found[short(uuid)], type=Media) for uuid in uuids if short(uuid) in found}

    def conferences(self, names: Collection[str]) -> Iterable[ConferenceLog]:
        """The reports on these conferences."""
        return _read(ConferenceLog, self._states.by_id(CONFERENCE, _short(names)))

    def unmatched(self, call_ids: Collection[str], conversation_ids: Collection[str]) -> Iterable[ParticipantRow]:
        """History rows without events so far that belong to one of these calls or conversations."""
        return _read(ParticipantRow, self._of(UNMATCHED, call_ids, conversation_ids))

    def _of(self, kind: str, call_ids: Collection[str], conversation_ids: Collection[str]) -> Mapping[str, bytes]:
        by_call = self._states.by_key(kind, "call", _short(call_ids))
        return by_call | self._states.by_key(kind, "conversation", _short(conversation_ids))


def short(name: str) -> str:
    """A name as an id: itself, or its digest where it is very long."""
    return name if len(name) <= LONGEST_NAME else sha256(name.encode()).hexdigest()


def changed_states(calls: Calls, touched: Touched, memory: timedelta) -> Iterator[StateRow]:
    """What has to be stored after `touched` changed; what turned out to be another thing is to be forgotten."""
    for uuid in touched.legs:
        leg = calls.legs.get(uuid)
        yield LEG, short(uuid), msgspec.json.encode(leg) if leg else None, leg_keys(leg) if leg else ()
        row = calls.unmatched.get(uuid)
        yield UNMATCHED, short(uuid), msgspec.json.encode(row) if row else None, _unmatched_keys(row) if row else ()
    for uuid in touched.media:
        yield MEDIA, short(uuid), msgspec.json.encode(calls.media[uuid]), ()
    for name in touched.conferences:
        if name in calls.conferences:
            log = _remembered(calls.conferences[name], memory)
            yield CONFERENCE, short(name), msgspec.json.encode(log), ()


def marks(touched: Touched) -> Iterator[tuple[str, str, str]]:
    """Kind, id and name of what has to be published to the ledger."""
    yield from ((LEG, short(uuid), uuid) for uuid in touched.legs)
    yield from ((CONFERENCE, short(name), name) for name in touched.conferences)


def leg_keys(leg: Leg) -> set[Key]:
    """What a leg is found by, besides its uuid."""
    said = leg.shown
    keys = {("related", uuid) for uuid in said.related_uuids or ()}
    keys |= {("conference", name) for name in conference_names(leg)}
    keys |= {("call", said.call_id or ""), ("conversation", said.conversation_id or "")}
    keys.add(("history", leg.history_id or ""))
    return {(field, short(value)) for field, value in keys if value}


def _unmatched_keys(row: ParticipantRow) -> set[Key]:
    keys = {("call", row.said.call_id or ""), ("conversation", row.said.conversation_id or "")}
    return {(field, short(value)) for field, value in keys if value}


def _remembered(log: ConferenceLog, memory: timedelta) -> ConferenceLog:
    newest = max((shard.extent.last for shard in log.shards.values()), default=EPOCH)
    kept_for = memory + MARGIN
    return without_meetings_before(log, newest - kept_for) if newest - EPOCH > kept_for else log


def _short(names: Collection[str]) -> set[str]:
    return {short(name) for name in names}


def _read(kind: type[Thing], states: Mapping[str, bytes]) -> list[Thing]:
    return [msgspec.json.decode(state, type=kind) for state in states.values()]
