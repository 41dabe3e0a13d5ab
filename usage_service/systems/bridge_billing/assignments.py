"""Cost-centre assignments of one account: rows that are opened, confirmed and closed, never rewritten.

    ──── 20 ────┤├──── 30 ──────────▶        valid_from ≤ usage start < valid_to

Every change of a history is a `Change`, recorded in order; `History.apply` folds changes into rows. A row
that a forced change covers completely is closed at its own start: it stays on record and is never in effect.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import reduce
from itertools import pairwise

from usage_service.errors import Conflict, NotFound
from usage_service.systems.bridge_billing.accounts import AccountKey, check_text, check_utc


class Source(Enum):
    """Where an assignment comes from."""

    LOGIN = "login"
    IMPORT = "import"
    MANUAL = "manual"


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment:
    """The cost centre of an account for a time."""

    number: int  # place in the account's history, from 1, in order of recording
    sequencenumber: str | None  # None: the customer's default
    valid_from: datetime  # UTC
    valid_to: datetime | None  # UTC, exclusive; None: until further notice
    source: Source
    evidence: str  # what an auditor can check later: the identity provider, a ticket number
    seen_at: datetime  # UTC; when the value was last confirmed
    missing_since: datetime | None = None  # UTC; a login after that time no longer carried the value

    def __post_init__(self) -> None:
        if self.sequencenumber is not None:
            check_text("sequencenumber", self.sequencenumber)
        for field in ("valid_from", "valid_to", "seen_at", "missing_since"):
            moment = getattr(self, field)
            if moment is not None:
                check_utc(field, moment)

    def covers(self, moment: datetime) -> bool:
        """Whether it is in effect at that moment."""
        return self.valid_from <= moment and (self.valid_to is None or moment < self.valid_to)

    @property
    def withdrawn(self) -> bool:
        """Never in effect: closed at its own start."""
        return self.valid_to == self.valid_from


@dataclass(frozen=True, slots=True)
class Opened:
    """A new assignment begins."""

    assignment: Assignment


@dataclass(frozen=True, slots=True)
class Closed:
    """An assignment ends, exclusively, at that moment."""

    number: int
    valid_to: datetime


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A login carried the same value again."""

    number: int
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Missed:
    """A login carried no value; the assignment is kept and flagged."""

    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Backdated:
    """The audit row of a change that begins in the past: who forced it, when and why."""

    recorded_at: datetime
    effective_from: datetime
    actor: str
    reason: str


Change = Opened | Closed | Confirmed | Missed | Backdated


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """All assignments of one account, in order of recording."""

    account: AccountKey
    rows: tuple[Assignment, ...] = ()

    def __post_init__(self) -> None:
        valid = self.in_effect()
        for earlier, later in pairwise(valid):
            if earlier.valid_to is None or earlier.valid_to > later.valid_from:
                raise Conflict(f"assignments {earlier.number} and {later.number} of {self.account} overlap")

    def in_effect(self) -> tuple[Assignment, ...]:
        """The rows that are or were valid at some time, by time."""
        return tuple(sorted((row for row in self.rows if not row.withdrawn), key=lambda row: row.valid_from))

    def at(self, moment: datetime) -> Assignment | None:
        """The assignment in effect at that moment."""
        return next((row for row in self.rows if row.covers(moment)), None)

    def after(self, moment: datetime) -> Assignment | None:
        """The first assignment that begins later than that moment."""
        return next((row for row in self.in_effect() if row.valid_from > moment), None)

    def last_seen(self) -> datetime | None:
        """The latest time anybody confirmed any of the assignments, or found one missing."""
        times = [moment for row in self.rows for moment in (row.seen_at, row.missing_since) if moment]
        return max(times, default=None)

    def apply(self, changes: Iterable[Change]) -> "History":
        """The history after those changes. `Conflict` if rows overlap, `NotFound` for an unknown row."""
        rows = reduce(_applied, changes, {row.number: row for row in self.rows})
        return History(account=self.account, rows=tuple(rows[number] for number in sorted(rows)))


def _applied(rows: Mapping[int, Assignment], change: Change) -> dict[int, Assignment]:
    match change:
        case Opened(assignment):
            return {**rows, assignment.number: assignment}
        case Closed(number, valid_to):
            return {**rows, number: replace(_row(rows, number), valid_to=valid_to)}
        case Confirmed(number, seen_at):
            return {**rows, number: replace(_row(rows, number), seen_at=seen_at, missing_since=None)}
        case Missed(number, at):
            return {**rows, number: replace(_row(rows, number), missing_since=at)}
        case Backdated():
            return dict(rows)


def _row(rows: Mapping[int, Assignment], number: int) -> Assignment:
    try:
        return rows[number]
    except KeyError as error:
        raise NotFound("assignment", str(number)) from error
