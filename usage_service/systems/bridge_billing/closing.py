"""Closing a period: what was billed stays as it was billed, until it is reopened with a reason.

open ──close──▶ closed ──reopen──▶ open
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from usage_service.errors import Conflict
from usage_service.systems.bridge_billing.accounts import check_text, check_utc
from usage_service.systems.bridge_billing.periods import Period
from usage_service.systems.bridge_billing.runs import Run


class Act(Enum):
    """What is done to a period."""

    CLOSE = "close"
    REOPEN = "reopen"


@dataclass(frozen=True, kw_only=True, slots=True)
class PeriodEvent:
    """A period was closed or reopened. Appended, never changed."""

    period: Period
    act: Act
    at: datetime  # UTC
    actor: str
    reason: str  # empty only when nothing needed explaining
    run_id: str | None  # the run whose aggregates are final from now on; None when reopened

    def __post_init__(self) -> None:
        check_utc("at", self.at)
        check_text("actor", self.actor)


def closing_run(events: Sequence[PeriodEvent], period: str) -> str | None:
    """The id of the run a period is closed on; None while it is open."""
    mine = [event for event in events if event.period.name == period]
    return mine[-1].run_id if mine else None


def require_open(events: Sequence[PeriodEvent], period: str) -> None:
    """`Conflict` when the period is closed. Asked before an import, a correction, a re-rating."""
    run_id = closing_run(events, period)
    if run_id is not None:
        raise Conflict(f"period {period} is closed on run {run_id}; reopen it first")


def require_unbilled(events: Sequence[PeriodEvent], since: datetime) -> None:
    """`Conflict` when a change from then on reaches into a closed period. Asked before back-dating."""
    for event in events:
        if event.period.end > since and closing_run(events, event.period.name) is not None:
            raise Conflict(f"period {event.period.name} is closed; a change from {since} on would reach into it")


def close(events: Sequence[PeriodEvent], run: Run, *, at: datetime, actor: str, reason: str = "") -> PeriodEvent:
    """The event that makes a run's aggregates final. Lines in suspense need a reason to stay behind."""
    period = run.inputs.period
    require_open(events, period.name)
    waiting = sum(run.rated.suspense.values())
    if waiting and not reason.strip():
        raise Conflict(f"{waiting} lines of {period.name} are in suspense; give a reason to close it all the same")
    return PeriodEvent(period=period, act=Act.CLOSE, at=at, actor=actor, reason=reason, run_id=run.run_id)


def reopen(events: Sequence[PeriodEvent], period: Period, *, at: datetime, actor: str, reason: str) -> PeriodEvent:
    """The event that opens a closed period again."""
    if closing_run(events, period.name) is None:
        raise Conflict(f"period {period.name} is open")
    check_text("reason", reason)
    return PeriodEvent(period=period, act=Act.REOPEN, at=at, actor=actor, reason=reason, run_id=None)
