"""Logins confirm or replace a cost centre; the past changes only with force and a reason."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.systems.bridge_billing.vectors import A, at, history_of_a
from usage_service.errors import Conflict, InvalidValue
from usage_service.systems.bridge_billing.assigning import Assign, Force, Login, WhenMissing, assign, log_in
from usage_service.systems.bridge_billing.assignments import Backdated, Closed, Confirmed, History, Missed, Opened

FORCE = Force(actor="anna", reason="ticket 42")


def login(date: str, sequencenumber: str | None) -> Login:
    return Login(at=at(date), sequencenumber=sequencenumber, evidence="https://idp.kth.se")


def test_login_with_same_value_only_confirms() -> None:
    assert log_in(history_of_a(), login("2012-10-20", "30")) == (Confirmed(2, at("2012-10-20")),)


def test_login_with_new_value_replaces_row() -> None:
    first, second = history_of_a().rows
    assert (first.sequencenumber, first.valid_from, first.valid_to) == (
        "20",
        at("2012-10-01"),
        at("2012-10-16"),
    )
    assert (second.sequencenumber, second.valid_from, second.valid_to) == ("30", at("2012-10-16"), None)


def test_missing_value_keeps_centre_flags_once() -> None:
    changes = log_in(history_of_a(), login("2012-10-20", None))
    assert changes == (Missed(2, at("2012-10-20")),)
    assert log_in(history_of_a().apply(changes), login("2012-10-21", None)) == ()


def test_later_login_with_value_clears_flag() -> None:
    flagged = history_of_a().apply([Missed(2, at("2012-10-20"))])
    again = flagged.apply(log_in(flagged, login("2012-10-21", "30")))
    assert again.rows[1].missing_since is None
    assert again.rows[1].seen_at == at("2012-10-21")


def test_missing_value_can_mean_customer_default() -> None:
    changes = log_in(history_of_a(), login("2012-10-20", None), WhenMissing.DEFAULT)
    history = history_of_a().apply(changes)
    assert history.rows[1].valid_to == at("2012-10-20")
    assert history.rows[2].sequencenumber is None


def test_first_login_without_value_stores_nothing() -> None:
    for policy in WhenMissing:
        assert log_in(History(account=A), login("2012-10-20", None), policy) == ()


def test_outdated_login_changes_nothing() -> None:
    assert log_in(history_of_a(), login("2012-10-16", "30")) == ()
    with pytest.raises(Conflict, match="older than what is known"):
        log_in(history_of_a(), login("2012-10-10", "40"))


def test_change_in_past_needs_force() -> None:
    wish = Assign(sequencenumber="40", valid_from=at("2012-10-10"), evidence="mail")
    with pytest.raises(Conflict, match="force and a reason"):
        assign(history_of_a(), wish, now=at("2012-10-20"))


def test_forced_change_is_audited_and_withdraws() -> None:
    wish = Assign(sequencenumber="40", valid_from=at("2012-10-10"), evidence="mail")
    changes = assign(history_of_a(), wish, now=at("2012-10-20"), force=FORCE)
    assert changes[0] == Backdated(at("2012-10-20"), at("2012-10-10"), "anna", "ticket 42")
    history = history_of_a().apply(changes)
    assert [row.withdrawn for row in history.rows] == [False, True, False]
    assert [row.sequencenumber for row in history.in_effect()] == ["20", "40"]


def test_temporary_change_restores_old_value_afterwards() -> None:
    wish = Assign(sequencenumber="40", valid_from=at("2012-10-18"), valid_to=at("2012-10-19"), evidence="mail")
    history = history_of_a().apply(assign(history_of_a(), wish, now=at("2012-10-17")))
    assert [row.sequencenumber for row in history.in_effect()] == ["20", "30", "40", "30"]


def test_planned_change_survives_earlier_login() -> None:
    planned = Assign(sequencenumber="40", valid_from=at("2012-11-01"), evidence="reorganisation")
    history = history_of_a().apply(assign(history_of_a(), planned, now=at("2012-10-17")))
    history = history.apply(log_in(history, login("2012-10-20", "35")))
    assert [row.sequencenumber for row in history.in_effect()] == ["20", "30", "35", "40"]
    assert history.at(at("2012-11-01")) == history.in_effect()[-1]


def test_force_without_reason_is_rejected() -> None:
    with pytest.raises(InvalidValue, match="reason"):
        Force(actor="anna", reason="")


def test_rows_that_overlap_are_refused() -> None:
    first, second = history_of_a().rows
    with pytest.raises(Conflict, match="overlap"):
        History(account=A, rows=(first,)).apply([Opened(second), Closed(1, at("2012-10-17"))])


DAYS = st.integers(0, 30).map(lambda day: datetime(2012, 10, 1, tzinfo=UTC) + timedelta(days=day))
CENTRES = st.sampled_from(["20", "30", "40", None])
WISHES = st.tuples(DAYS, st.integers(0, 10), CENTRES, DAYS)


@given(st.lists(st.one_of(st.tuples(DAYS, CENTRES), WISHES), max_size=12))
def test_any_changes_neither_overlap_nor_lose_rows(steps: list[tuple]) -> None:
    history = History(account=A)
    for step in steps:
        before = history
        try:
            changes = _changes(history, step)
        except Conflict:
            continue
        history = history.apply(changes)
        assert [row.sequencenumber for row in before.rows] == [
            row.sequencenumber for row in history.rows[: len(before.rows)]
        ]
        assert [row.valid_from for row in before.rows] == [row.valid_from for row in history.rows[: len(before.rows)]]


def _changes(history: History, step: tuple) -> tuple:
    if len(step) == 2:
        return log_in(history, Login(at=step[0], sequencenumber=step[1], evidence="idp"))
    start, length, centre, now = step
    end = start + timedelta(days=length) if length else None
    wish = Assign(sequencenumber=centre, valid_from=start, valid_to=end, evidence="mail")
    return assign(history, wish, now=now, force=FORCE)


@given(st.lists(WISHES, min_size=1, max_size=8), DAYS)
def test_last_assignment_covering_moment_is_effective(steps: list[tuple], moment: datetime) -> None:
    history, expected = History(account=A), None
    for step in steps:
        history = history.apply(_changes(history, step))
        start, length = step[0], step[1]
        if start <= moment and (not length or moment < start + timedelta(days=length)):
            expected = step[2]
    found = history.at(moment)
    assert (found.sequencenumber if found else None) == expected
