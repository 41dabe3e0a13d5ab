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


def test_row_without_leg_missing_and_added() -> None:
    calls = known()
    assert verdict(calls, row("u")) is Verdict.MISSING
    assert calls.leg_usage("u", RULES).record is not None


def test_row_with_same_data_is_equal() -> None:
    assert verdict(known("u"), row("u")) is Verdict.EQUAL


def test_fractions_of_a_second_are_equal() -> None:
    assert verdict(known("u"), row("u", start=0.4, end=60.4)) is Verdict.EQUAL


def test_row_of_different_length_names_difference() -> None:
    [finding] = reconcile_participants(known("u"), [row("u", end=62)], RULES).findings
    assert finding.verdict is Verdict.DIFFERING
    assert finding.differences == ("durationSeconds", "endTime")


def test_row_closes_leg_with_lost_end() -> None:
    calls = Calls()
    calls.apply(event("participant_connected", 0, leg("u", end_time=None, duration=None)))
    assert verdict(calls, row("u")) is Verdict.MISSING


def test_record_unbilled_in_history_is_surplus() -> None:
    assert verdict(known("u"), row("u", is_streaming=True)) is Verdict.SURPLUS


def test_free_leg_free_on_both_sides() -> None:
    assert verdict(known(), row("u", protocol="API")) is Verdict.FREE


def test_row_with_other_id_matches_call() -> None:
    calls = Calls()
    calls.apply(disconnect("u", call_id="call-1"))
    assert verdict(calls, row("other", call_uuid="call-1")) is Verdict.EQUAL
    assert list(calls.legs) == ["u"]


def test_earlier_row_with_other_id_matched() -> None:
    calls = Calls()
    reconcile_participants(calls, [row("other", call_uuid="call-1")], RULES)
    touched = calls.apply(disconnect("u", call_id="call-1"))
    assert touched.legs == {"u", "other"}
    assert calls.leg_usage("other", RULES).record is None
    assert calls.leg_usage("u", RULES).record is not None


def test_rows_of_conversation_distinguished_by_start() -> None:
    rows = [Identity(name, None, "c", "Room", at(start), False) for name, start in (("r1", 0), ("r2", 3))]
    legs = [Identity(name, None, "c", "Room", at(start), False) for name, start in (("l1", 2.5), ("l2", 0.5))]
    assert pair(rows, legs) == {"r1": "l2", "r2": "l1"}


def test_shared_conversation_alone_does_not_match() -> None:
    [one] = [Identity("r", None, "c", "Room", at(0), False)]
    assert pair([one], [Identity("l", None, "c", "Room", at(6), False)]) == {}


def test_api_leg_never_matches_media_leg() -> None:
    media = Identity("r", "call", None, None, at(0), False)
    assert pair([media], [Identity("l", "call", None, None, at(0), True)]) == {}


def test_own_id_outranks_shared_call() -> None:
    rows = [Identity("a", "call", None, None, None, False)]
    legs = [Identity(name, "call", None, None, None, False) for name in ("0", "a")]
    assert pair(rows, legs) == {"a": "a"}


def test_conference_without_events_missing_and_added() -> None:
    calls = Calls()
    result = reconcile_conferences(calls, [conference_row("c1", 0, 60)], RULES)
    assert result.count(Verdict.MISSING) == 1
    assert result.touched.conferences == {"Room"}


def test_conference_row_taken_twice_is_equal() -> None:
    calls = Calls()
    reconcile_conferences(calls, [conference_row("c1", 0, 60)], RULES)
    assert reconcile_conferences(calls, [conference_row("c1", 0, 60)], RULES).count(Verdict.EQUAL) == 1


@pytest.mark.parametrize(
    "odd", [None, [], {}, {"id": "x"}, {"id": "x", "start_time": "never", "end_time": "2026-03-02T12:00:00"}]
)
def test_invalid_row_gives_reason(odd: object) -> None:
    assert isinstance(read_participant_row(odd), str)
    assert isinstance(read_conference_row(odd), str)


def test_row_states_utc_with_optional_fraction() -> None:
    times = {"start_time": "2026-03-02T12:00:00", "end_time": "2026-03-02T12:01:00.250000"}
    found = read_conference_row({"id": "c", "name": "Room", **times})
    assert not isinstance(found, str)
    assert (found.said.start_time, found.said.end_time) == (at(0), at(60.25))


def test_horizon_warning_precedes_limit() -> None:
    assert horizon_warning(HORIZON // 2) is None
    assert "at most 10000" in (horizon_warning(HORIZON * 9 // 10) or "")


def test_leg_without_history_media_is_surplus() -> None:
    assert verdict(known("u"), row("u", has_media=False)) is Verdict.SURPLUS


def test_results_of_two_pages_add_up() -> None:
    calls = known("u")
    first = reconcile_participants(calls, [row("u")], RULES)
    both = first + reconcile_participants(calls, [row("v")], RULES)
    assert (both.count(Verdict.EQUAL), both.count(Verdict.MISSING)) == (1, 1)
    assert both.touched.legs == {"u", "v"}
