"""History rows are matched with known legs by the documented identities and give a verdict each."""

import pytest

from usage_service.systems.pexip.calls import Calls
from usage_service.systems.pexip.history import (
    HORIZON,
    Identity,
    ParticipantRow,
    horizon_warning,
    pair,
    read_conference_row,
    read_participant_row,
)
from usage_service.systems.pexip.reconcile import Verdict, reconcile_conferences, reconcile_participants

from .building import RULES, at, conference_row, disconnect, event, leg, row


def known(*uuids: str) -> Calls:
    calls = Calls()
    for uuid in uuids:
        calls.apply(disconnect(uuid))
    return calls


def verdict(calls: Calls, found: ParticipantRow) -> Verdict:
    [finding] = reconcile_participants(calls, [found], RULES).findings
    return finding.verdict


def test_a_row_without_a_leg_is_missing_and_added() -> None:
    calls = known()
    assert verdict(calls, row("u")) is Verdict.MISSING
    assert calls.leg_usage("u", RULES).record is not None


def test_a_row_that_says_the_same_is_equal() -> None:
    assert verdict(known("u"), row("u")) is Verdict.EQUAL


def test_fractions_of_a_second_are_equal() -> None:
    assert verdict(known("u"), row("u", start=0.4, end=60.4)) is Verdict.EQUAL


def test_a_row_of_another_length_differs_and_names_what() -> None:
    [finding] = reconcile_participants(known("u"), [row("u", end=62)], RULES).findings
    assert finding.verdict is Verdict.DIFFERING
    assert finding.differences == ("durationSeconds", "endTime")


def test_a_leg_whose_end_was_lost_is_closed_by_its_row() -> None:
    calls = Calls()
    calls.apply(event("participant_connected", 0, leg("u", end_time=None, duration=None)))
    assert verdict(calls, row("u")) is Verdict.MISSING


def test_a_record_that_history_does_not_bill_is_surplus() -> None:
    assert verdict(known("u"), row("u", is_streaming=True)) is Verdict.SURPLUS


def test_a_free_leg_is_free_on_both_sides() -> None:
    assert verdict(known(), row("u", protocol="API")) is Verdict.FREE


def test_a_row_under_another_id_is_found_by_the_call() -> None:
    calls = Calls()
    calls.apply(disconnect("u", call_id="call-1"))
    assert verdict(calls, row("other", call_uuid="call-1")) is Verdict.EQUAL
    assert list(calls.legs) == ["u"]


def test_a_row_that_came_before_the_event_under_another_id_becomes_its_leg() -> None:
    calls = Calls()
    reconcile_participants(calls, [row("other", call_uuid="call-1")], RULES)
    touched = calls.apply(disconnect("u", call_id="call-1"))
    assert touched.legs == {"u", "other"}
    assert calls.leg_usage("other", RULES).record is None
    assert calls.leg_usage("u", RULES).record is not None


def test_the_rows_of_one_conversation_are_told_apart_by_their_start() -> None:
    rows = [Identity(name, None, "c", "Room", at(start), False) for name, start in (("r1", 0), ("r2", 3))]
    legs = [Identity(name, None, "c", "Room", at(start), False) for name, start in (("l1", 2.5), ("l2", 0.5))]
    assert pair(rows, legs) == {"r1": "l2", "r2": "l1"}


def test_a_shared_conversation_alone_is_not_enough() -> None:
    [one] = [Identity("r", None, "c", "Room", at(0), False)]
    assert pair([one], [Identity("l", None, "c", "Room", at(6), False)]) == {}


def test_the_api_leg_is_not_taken_for_the_leg_with_media() -> None:
    media = Identity("r", "call", None, None, at(0), False)
    assert pair([media], [Identity("l", "call", None, None, at(0), True)]) == {}


def test_an_own_id_is_surer_than_a_shared_call() -> None:
    rows = [Identity("a", "call", None, None, None, False)]
    legs = [Identity(name, "call", None, None, None, False) for name in ("0", "a")]
    assert pair(rows, legs) == {"a": "a"}


def test_a_conference_row_without_events_is_missing_and_added() -> None:
    calls = Calls()
    result = reconcile_conferences(calls, [conference_row("c1", 0, 60)], RULES)
    assert result.count(Verdict.MISSING) == 1
    assert result.touched.conferences == {"Room"}


def test_a_conference_row_taken_twice_is_equal() -> None:
    calls = Calls()
    reconcile_conferences(calls, [conference_row("c1", 0, 60)], RULES)
    assert reconcile_conferences(calls, [conference_row("c1", 0, 60)], RULES).count(Verdict.EQUAL) == 1


@pytest.mark.parametrize(
    "odd", [None, [], {}, {"id": "x"}, {"id": "x", "start_time": "never", "end_time": "2026-03-02T12:00:00"}]
)
def test_a_row_that_is_none_gives_a_reason(odd: object) -> None:
    assert isinstance(read_participant_row(odd), str)
    assert isinstance(read_conference_row(odd), str)


def test_a_row_states_utc_with_or_without_fraction() -> None:
    times = {"start_time": "2026-03-02T12:00:00", "end_time": "2026-03-02T12:01:00.250000"}
    found = read_conference_row({"id": "c", "name": "Room", **times})
    assert not isinstance(found, str)
    assert (found.said.start_time, found.said.end_time) == (at(0), at(60.25))


def test_the_horizon_is_warned_about_before_it_bites() -> None:
    assert horizon_warning(HORIZON // 2) is None
    assert "at most 10000" in (horizon_warning(HORIZON * 9 // 10) or "")


def test_a_leg_that_history_knows_without_media_is_surplus() -> None:
    assert verdict(known("u"), row("u", has_media=False)) is Verdict.SURPLUS


def test_the_results_of_two_pages_add_up() -> None:
    calls = known("u")
    first = reconcile_participants(calls, [row("u")], RULES)
    both = first + reconcile_participants(calls, [row("v")], RULES)
    assert (both.count(Verdict.EQUAL), both.count(Verdict.MISSING)) == (1, 1)
    assert both.touched.legs == {"u", "v"}
