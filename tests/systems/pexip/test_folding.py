"""The small folds under everything: each keeps the better of two statements, whichever comes first."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import pytest

from usage_service.systems.pexip.calls import Calls
from usage_service.systems.pexip.events import Event
from usage_service.systems.pexip.fields import Participant
from usage_service.systems.pexip.legs import Leg, Rank, overlay, presence_in, stamp
from usage_service.systems.pexip.media import Media, MediaStream, merge_media, packets, worse
from usage_service.systems.pexip.sequence import SequenceLog, Sighting, epochs, observe

from .building import RULES, at, conference_row, disconnect, event, row, unix


def applied(events: Sequence[Event]) -> Calls:
    calls = Calls()
    for one in events:
        calls.apply(one)
    return calls


def said(seconds: float, **fields: object) -> Event:
    return event("participant_updated", seconds, {"uuid": "u", "conference": "Room", **fields})


def test_equal_stamps_resolve_independent_of_order() -> None:
    one, other = Participant(display_name="A"), Participant(display_name="B")
    weight = stamp(Rank.RUNNING, at(0), 1)
    forth = overlay(*overlay(Participant(), {}, one, weight), other, weight)
    back = overlay(*overlay(Participant(), {}, other, weight), one, weight)
    assert forth == back


def test_higher_rank_wins_over_later_time() -> None:
    shown, stamps = overlay(Participant(), {}, Participant(role="chair"), stamp(Rank.FINAL, at(0)))
    shown, _ = overlay(shown, stamps, Participant(role="guest"), stamp(Rank.RUNNING, at(9)))
    assert shown.role == "chair"


def test_fuller_stream_report_wins_either_order() -> None:
    full, early = MediaStream(rx_packets_received=900), MediaStream(rx_packets_received=100)
    for reports in permutations((full, early)):
        assert packets(merge_media(Media(), reports))["rx_packets_received"] == 900


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("1_good", "3_bad", "3_bad"), ("3_bad", None, "3_bad"), ("odd", "2_ok", "2_ok"), (None, None, None)],
)
def test_the_worse_quality_is_kept(one: str | None, other: str | None, expected: str | None) -> None:
    assert worse(one, other) == worse(other, one) == expected


def test_presence_spans_first_to_last_sighting() -> None:
    for events in permutations([said(10), said(20), said(30)]):
        seen = presence_in(applied(events).legs["u"], "Room")
        assert seen == (at(10), at(30))


def test_end_only_leg_present_since_connect() -> None:
    assert presence_in(applied([disconnect("u", 0, 60)]).legs["u"], "Room") == (at(0), at(60))


def test_leg_seen_elsewhere_not_present_since_connect() -> None:
    reception = event("participant_connected", 0, {"uuid": "u", "conference": "Reception"})
    calls = applied([reception, disconnect("u", 0, 60)])
    assert presence_in(calls.legs["u"], "Room") == (at(60), at(60))


def test_unseen_leg_has_no_presence() -> None:
    assert presence_in(Leg(uuid="u"), "Room") is None


def test_row_shortly_before_meeting_matches() -> None:
    calls = applied([event("conference_started", 2, {"name": "Room", "start_time": unix(2)})])
    calls.apply_conference_row(conference_row("c1", 3, 60))
    [meeting] = calls.meetings("Room")
    assert (meeting.start, meeting.history_id) == (at(2), "c1")


def test_conference_with_unknown_time_is_skipped() -> None:
    calls = applied([replace(event("conference_started", 0, {"name": "Room"}), time=None)])
    assert calls.meetings("Room") == []


def test_numbers_falling_briefly_mean_no_restart() -> None:
    seen = [Sighting(at(0), 1), Sighting(at(1), 3), Sighting(at(2), 2), Sighting(at(3), 2)]
    assert len(epochs(observe(SequenceLog(), seen))) == 1


def test_leg_confirmed_by_events_is_matched() -> None:
    calls = Calls()
    calls.apply_participant_row("u", row("u"))
    calls.apply(disconnect("u"))
    assert calls.unmatched == {}
    calls.apply(disconnect("v", call_id="u"))
    assert set(calls.legs) == {"u", "v"}
    assert calls.leg_usage("u", RULES).record is not None
