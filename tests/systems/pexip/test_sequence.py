"""Holes in a node's numbering are found whatever the order of arrival."""

from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from usage_service.systems.pexip import sequence
from usage_service.systems.pexip.sequence import SequenceLog, Sighting, epochs, observe

from .building import at, gaps_in


def run(first: int, last: int, begin: float) -> list[Sighting]:
    """Consecutive numbers, one every minute."""
    return [Sighting(at(begin + 60 * (seq - first)), seq, seq == 1) for seq in range(first, last + 1)]


def missing(log: SequenceLog) -> list[tuple[int, int]]:
    return [(gap.first, gap.last) for gap in gaps_in(log)]


def test_consecutive_numbers_are_complete() -> None:
    assert missing(observe(SequenceLog(), run(1, 50, 0))) == []


def test_gap_names_its_numbers_and_window() -> None:
    seen = [*run(1, 3, 0), *run(6, 7, 600)]
    [gap] = gaps_in(observe(SequenceLog(), seen))
    assert (gap.first, gap.last) == (4, 5)
    assert (gap.after, gap.before) == (at(120), at(600))


def test_a_late_number_closes_its_hole() -> None:
    log = observe(SequenceLog(), [*run(1, 3, 0), *run(5, 6, 240)])
    assert missing(observe(log, [Sighting(at(180), 4)])) == []


def test_late_number_splits_wider_gap() -> None:
    log = observe(SequenceLog(), [*run(1, 3, 0), *run(8, 9, 420)])
    assert missing(observe(log, [Sighting(at(240), 5)])) == [(4, 4), (6, 7)]


def test_a_restart_begins_a_new_epoch() -> None:
    log = observe(SequenceLog(), [*run(1, 5, 0), *run(1, 5, 3600)])
    assert [epoch.highest for epoch in epochs(log)] == [5, 5]
    assert missing(log) == []


def test_falling_numbers_reveal_lost_restart() -> None:
    log = observe(SequenceLog(), [*run(1, 9, 0), *run(2, 5, 3600)])
    assert missing(log) == [(1, 1)]


def test_repeats_are_counted_and_change_nothing() -> None:
    log = observe(SequenceLog(), run(1, 5, 0))
    again = observe(log, run(1, 5, 0))
    assert again.repeats == 5
    assert epochs(again) == epochs(log)


def test_overtaking_events_are_counted() -> None:
    assert observe(SequenceLog(), reversed(run(1, 4, 0))).disordered == 3


def test_small_time_disagreement_is_no_restart() -> None:
    seen = [*run(1, 5, 0), Sighting(at(302.0), 6), Sighting(at(301.9), 7)]
    log = observe(SequenceLog(), seen)
    assert len(epochs(log)) == 1
    assert missing(log) == []


def test_number_near_restart_joins_previous_run() -> None:
    seen = [*run(1, 5, 0), Sighting(at(300), 1, True), Sighting(at(301), 6), Sighting(at(302), 2)]
    log = observe(SequenceLog(), seen)
    assert [epoch.highest for epoch in epochs(log)] == [6, 2]
    assert missing(log) == []


def test_numbers_before_first_seen_are_missing() -> None:
    assert missing(observe(SequenceLog(), run(4, 6, 0))) == [(1, 3)]


@given(st.sets(st.integers(2, 60)), st.sets(st.integers(2, 60)), st.randoms(use_true_random=False))
def test_any_arrival_order_finds_exact_losses(lost: set[int], lost_later: set[int], dice: Random) -> None:
    first = [seen for seen in run(1, 61, 0) if seen.seq not in lost]
    second = [seen for seen in run(1, 61, 7200) if seen.seq not in lost_later]
    arrivals = [*first, *second]
    dice.shuffle(arrivals)
    log = SequenceLog()
    for seen in arrivals:
        log = observe(log, [seen])
    found = [seq for gap in gaps_in(log) for seq in range(gap.first, gap.last + 1)]
    assert found == [*sorted(lost), *sorted(lost_later)]


def test_long_run_is_folded_keeping_gaps() -> None:
    length = 5 * sequence.KEPT
    log = SequenceLog()
    for begin in range(1, length, 500):
        log = observe(log, [seen for seen in run(begin, begin + 499, begin * 60) if seen.seq != 700])
    assert len(log.recent) <= 2 * sequence.KEPT
    assert missing(log) == [(700, 700)]
    assert missing(observe(log, [Sighting(at(700 * 60), 700)])) == []


def test_log_survives_json_round_trip() -> None:
    log = observe(SequenceLog(), [*run(1, 3, 0), *run(6, 7, 600)])
    assert msgspec.json.decode(msgspec.json.encode(log), type=SequenceLog) == log
