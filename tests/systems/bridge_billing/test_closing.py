"""What was billed stays as it was billed until an operator reopens the period with a reason."""

import pytest

from tests.systems.bridge_billing.vectors import LINES, OCTOBER, at, lines, run
from usage_service.errors import Conflict, InvalidValue
from usage_service.systems.bridge_billing.closing import (
    PeriodEvent,
    close,
    closing_run,
    reopen,
    require_open,
    require_unbilled,
)

CLEAN = run(lines(*LINES[:4]))


def closed() -> list[PeriodEvent]:
    return [close([], CLEAN, at=at("2012-11-02"), actor="anna")]


def test_a_closed_period_takes_nothing_more() -> None:
    assert closing_run(closed(), "2012-10") == CLEAN.run_id
    with pytest.raises(Conflict, match="is closed on run"):
        require_open(closed(), "2012-10")


def test_other_periods_stay_open() -> None:
    require_open(closed(), "2012-11")
    assert closing_run(closed(), "2012-11") is None


def test_closing_with_suspense_needs_reason() -> None:
    waiting = run(lines(*LINES))
    with pytest.raises(Conflict, match="1 lines of 2012-10 are in suspense"):
        close([], waiting, at=at("2012-11-02"), actor="anna")
    assert close([], waiting, at=at("2012-11-02"), actor="anna", reason="PGi will credit it").reason


def test_a_period_is_closed_once() -> None:
    with pytest.raises(Conflict, match="reopen it first"):
        close(closed(), CLEAN, at=at("2012-11-03"), actor="anna")


def test_reopened_period_is_open_with_history() -> None:
    events = closed()
    events.append(reopen(events, OCTOBER, at=at("2012-11-03"), actor="anna", reason="late file"))
    require_open(events, "2012-10")
    assert [event.act.value for event in events] == ["close", "reopen"]


def test_reopening_needs_closed_period_and_reason() -> None:
    with pytest.raises(Conflict, match="is open"):
        reopen([], OCTOBER, at=at("2012-11-03"), actor="anna", reason="late file")
    with pytest.raises(InvalidValue, match="reason"):
        reopen(closed(), OCTOBER, at=at("2012-11-03"), actor="anna", reason="")


def test_change_reaching_closed_period_is_rejected() -> None:
    require_unbilled(closed(), at("2012-11-01"))
    with pytest.raises(Conflict, match="would reach into it"):
        require_unbilled(closed(), at("2012-10-31"))
