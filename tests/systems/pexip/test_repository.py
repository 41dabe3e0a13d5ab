"""Working piece by piece, and in any order, gives what working on everything in order gives."""

from collections.abc import Collection, Iterable, Mapping
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from demos.pexip_standin.manager import Manager
from demos.pexip_standin.reported import report
from demos.pexip_standin.script import Author
from usage_service.systems.pexip.calls import Calls, Touched
from usage_service.systems.pexip.conferences import ConferenceLog, without_meetings_before
from usage_service.systems.pexip.events import Event, read_envelope
from usage_service.systems.pexip.history import ParticipantRow, read_participant_row
from usage_service.systems.pexip.legs import Leg, conference_names
from usage_service.systems.pexip.media import Media
from usage_service.systems.pexip.reconcile import reconcile_participants
from usage_service.systems.pexip.repository import state_for, state_for_rows
from usage_service.systems.pexip.usage import (
    Usage,
    Written,
    conference_key_prefix,
    conference_usage,
    leg_key,
    revise_all,
)

from .building import RULES, usages_of


class Drawer:
    """A repository that keeps every state as JSON, as a database would."""

    def __init__(self) -> None:
        self.kept: dict[tuple[type, str], bytes] = {}

    def all_legs(self) -> list[Leg]:
        return [msgspec.json.decode(text, type=Leg) for (kind, _), text in self.kept.items() if kind is Leg]

    def legs(self, uuids: Collection[str]) -> Iterable[Leg]:
        return [leg for leg in self.all_legs() if leg.uuid in uuids]

    def legs_naming(self, uuids: Collection[str]) -> Iterable[Leg]:
        return [leg for leg in self.all_legs() if not {*(leg.shown.related_uuids or ())}.isdisjoint(uuids)]

    def legs_in(self, conferences: Collection[str]) -> Iterable[Leg]:
        return [leg for leg in self.all_legs() if not conference_names(leg).isdisjoint(conferences)]

    def legs_of(self, call_ids: Collection[str], conversation_ids: Collection[str]) -> Iterable[Leg]:
        return [
            leg
            for leg in self.all_legs()
            if leg.shown.call_id in call_ids or leg.shown.conversation_id in conversation_ids
        ]

    def legs_confirmed(self, row_ids: Collection[str]) -> Iterable[Leg]:
        return [leg for leg in self.all_legs() if leg.history_id in row_ids]

    def media(self, uuids: Collection[str]) -> Mapping[str, Media]:
        found = {uuid: self.kept.get((Media, uuid)) for uuid in uuids}
        return {uuid: msgspec.json.decode(text, type=Media) for uuid, text in found.items() if text}

    def conferences(self, names: Collection[str]) -> Iterable[ConferenceLog]:
        found = [self.kept.get((ConferenceLog, name)) for name in names]
        return [msgspec.json.decode(text, type=ConferenceLog) for text in found if text]

    def unmatched(self, call_ids: Collection[str], conversation_ids: Collection[str]) -> list[ParticipantRow]:
        rows = [
            msgspec.json.decode(text, type=ParticipantRow)
            for (kind, _), text in self.kept.items()
            if kind is ParticipantRow
        ]
        return [row for row in rows if row.said.call_id in call_ids or row.said.conversation_id in conversation_ids]

    def everything(self) -> Calls:
        uuids = {name for kind, name in self.kept if kind is Media}
        names = {name for kind, name in self.kept if kind is ConferenceLog}
        return Calls.of(self.all_legs(), self.media(uuids), self.conferences(names), [])

    def keep(self, calls: Calls, touched: Touched) -> None:
        for kind, names, states in (
            (Leg, touched.legs, calls.legs),
            (Media, touched.media, calls.media),
            (ConferenceLog, touched.conferences, calls.conferences),
            (ParticipantRow, touched.legs, calls.unmatched),
        ):
            for name in names:
                self.kept.pop((kind, name), None)
                if name in states:
                    self.kept[kind, name] = msgspec.json.encode(states[name])


def events_of(seed: int) -> list[Event]:
    reported = report(Author(seed).script(3, rooms=2))
    envelopes = [one.envelope(seq, 2) for node in reported.values() for seq, one in enumerate(node, 1)]
    return [event for event in map(read_envelope, envelopes) if isinstance(event, Event)]


def rows_of(seed: int) -> list[ParticipantRow]:
    script = Author(seed).script(3, rooms=2)
    rows = map(read_participant_row, Manager(script, script.end).participants())
    return [row for row in rows if isinstance(row, ParticipantRow)]


def applied(events: Iterable[Event]) -> Calls:
    calls = Calls()
    for event in events:
        calls.apply(event)
    return calls


class Ledger:
    """Takes revisions, as the real one will."""

    def __init__(self) -> None:
        self.written: dict[str, Written] = {}

    def report(self, calls: Calls, touched: Touched) -> None:
        for uuid in touched.legs:
            self.revise(leg_key(RULES, uuid), [calls.leg_usage(uuid, RULES)])
        for name in touched.conferences:
            now = [conference_usage(meeting, RULES) for meeting in calls.meetings(name)]
            self.revise(conference_key_prefix(RULES, name), now)

    def revise(self, prefix: str, usages: list[Usage]) -> None:
        held = {key: one for key, one in self.written.items() if key.startswith(prefix)}
        for revision in revise_all(held, usages):
            last = self.written.get(revision.key, Written(number=0, record=None))
            assert revision.number == last.number + 1
            self.written[revision.key] = Written(number=revision.number, record=revision.record)


SEEDS = st.integers(0, 30)
DICE = st.randoms(use_true_random=False)


@settings(max_examples=25)
@given(SEEDS, DICE)
def test_order_and_repeats_never_change_usages(seed: int, dice: Random) -> None:
    events = events_of(seed)
    shuffled = [*events, *dice.choices(events, k=20)]
    dice.shuffle(shuffled)
    assert usages_of(applied(shuffled), RULES) == usages_of(applied(events), RULES)


@settings(max_examples=25)
@given(SEEDS, DICE)
def test_lossy_events_give_order_independent_usages(seed: int, dice: Random) -> None:
    left = dice.sample(events_of(seed), k=15)
    assert usages_of(applied(left), RULES) == usages_of(applied(sorted(left, key=repr)), RULES)


@settings(max_examples=15, deadline=None)
@given(SEEDS, DICE)
def test_incremental_processing_gives_same_usages(seed: int, dice: Random) -> None:
    events = events_of(seed)
    dice.shuffle(events)
    drawer, ledger = Drawer(), Ledger()
    for begin in range(0, len(events), 4):
        batch = events[begin : begin + 4]
        calls, touched = state_for(batch, drawer), Touched()
        for event in batch:
            touched |= calls.apply(event)
        drawer.keep(calls, touched)
        ledger.report(calls, touched)
    assert revise_all(ledger.written, usages_of(applied(events), RULES)) == []


@settings(max_examples=15, deadline=None)
@given(SEEDS, DICE)
def test_late_events_find_history_row_incrementally(seed: int, dice: Random) -> None:
    drawer, calls = Drawer(), Calls()
    for row in rows_of(seed):
        drawer.keep(calls, calls.apply_participant_row(row.id, row))
    events = events_of(seed)
    dice.shuffle(events)
    for event in events:
        few = state_for([event], drawer)
        drawer.keep(few, few.apply(event))
    assert {leg.uuid for leg in drawer.all_legs()} == set(applied(events).legs)
    assert all(leg.has_history for leg in drawer.all_legs())


@settings(max_examples=15, deadline=None)
@given(SEEDS, DICE)
def test_history_rows_reconcile_incrementally_any_order(seed: int, dice: Random) -> None:
    events, rows = events_of(seed), rows_of(seed)
    drawer, whole = Drawer(), applied(left := dice.sample(events, k=len(events) // 2))
    drawer.keep(whole, everything(whole))
    dice.shuffle(rows)
    for begin in range(0, len(rows), 3):
        few = state_for_rows(rows[begin : begin + 3], [], drawer)
        drawer.keep(few, reconcile_participants(few, rows[begin : begin + 3], RULES).touched)
    expected = applied(left)
    reconcile_participants(expected, rows, RULES)
    assert seconds_by_leg(drawer.everything()) == seconds_by_leg(expected)


def everything(calls: Calls) -> Touched:
    return Touched(legs=frozenset(calls.legs), media=frozenset(calls.media), conferences=frozenset(calls.conferences))


def seconds_by_leg(calls: Calls) -> dict[str, str]:
    records = [usage.record for usage in usages_of(calls, RULES) if usage.record]
    found = [dict(record.properties) for record in records]
    return {leg["callId"]: leg["durationSeconds"] for leg in found if "callId" in leg}


def test_old_meetings_dropped_newer_kept() -> None:
    calls = applied(events_of(5))
    for log in calls.conferences.values():
        starts = sorted(shard.start for shard in log.shards.values())
        kept = without_meetings_before(log, starts[-1])
        assert max(shard.start for shard in kept.shards.values()) == starts[-1]
        assert len(kept.shards) <= len(log.shards)
