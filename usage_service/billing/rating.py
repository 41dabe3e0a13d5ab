"""Rate the lines of a period as they stream by: add up exactly, round once, and prove that nothing was lost.

Memory grows with the number of aggregates, not with the number of lines. Sums are exact, so the order of lines and
files does not matter.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from usage_service.billing.accounts import AccountKey
from usage_service.billing.allocation import (
    AggregateKey,
    Charge,
    Directory,
    Mode,
    Outcome,
    Reason,
    Suspended,
    allocate,
)
from usage_service.billing.cdr import CdrLine, Rejected
from usage_service.billing.money import EXACT, ZERO, Rounding, rounded
from usage_service.billing.periods import Period


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """The settings that decide a run's result."""

    mode: Mode = Mode.BY_USAGE_TIME
    rounding: Rounding = Rounding.HALF_UP
    places: int = 2  # decimal places of an aggregate
    max_age: timedelta = timedelta(days=90)  # an assignment not confirmed for longer before a use is stale


@dataclass(frozen=True, kw_only=True, slots=True)
class Aggregate:
    """What one user owes on one sequencenumber in one currency."""

    key: AggregateKey
    exact: Decimal
    total: Decimal  # `exact`, rounded once
    line_count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ControlTotal:
    """The proof for one currency: what came in, and where it went."""

    currency: str
    file_total: Decimal  # all lines and readable rejects, as they came
    charged: Decimal  # Σ exact aggregates
    suspended: Decimal  # Σ suspense
    rounded: Decimal  # Σ rounded aggregates

    @property
    def reconciles(self) -> bool:
        """Σ aggregates + Σ suspense = file total, to the last digit."""
        return EXACT.add(self.charged, self.suspended) == self.file_total

    @property
    def rounding_difference(self) -> Decimal:
        """What rounding added (or took away) over all aggregates."""
        return EXACT.subtract(self.rounded, self.charged)


class StaleAssignment(NamedTuple):
    """An assignment that was used although nobody had confirmed it for too long, or a login had missed it."""

    account: AccountKey
    number: int
    seen_at: datetime
    missing_since: datetime | None
    last_use: datetime
    line_count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Rated:
    """The result of rating a period."""

    period: Period
    aggregates: tuple[Aggregate, ...]  # by key
    control: tuple[ControlTotal, ...]  # by currency
    suspense: dict[Reason, int]  # lines waiting, by reason
    unreadable_amounts: int  # rejects that no total can hold
    outside_period: int  # lines whose use began in another period; charged here all the same
    after_deactivation: (
        int  # lines of an account that had been deactivated before the use; charged all the same
    )
    stale: tuple[StaleAssignment, ...]

    @property
    def reconciles(self) -> bool:
        """Whether every readable amount is accounted for."""
        return all(total.reconciles for total in self.control)


@dataclass(slots=True)
class _Sum:
    exact: Decimal = ZERO
    lines: int = 0

    def add(self, amount: Decimal) -> None:
        self.exact = EXACT.add(self.exact, amount)
        self.lines += 1


@dataclass(kw_only=True)
class Rating:
    """A rating in progress: feed it every line of the period once, then ask for the result."""

    period: Period
    directory: Directory
    rules: Rules = Rules()
    _aggregates: dict[AggregateKey, _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    _files: dict[str, _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    _suspended: dict[str, _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    _suspense: dict[Reason, int] = field(default_factory=lambda: defaultdict(int))
    _stale: dict[tuple[AccountKey, int], StaleAssignment] = field(default_factory=dict)
    _unreadable: int = 0
    _outside: int = 0
    _deactivated: int = 0

    def rate(self, items: Iterable[CdrLine | Rejected]) -> Iterator[Outcome]:
        """Take lines as they come and say of each what became of it."""
        return map(self.take, items)

    def take(self, item: CdrLine | Rejected) -> Outcome:
        """Allocate one line and add it up."""
        if item.amount is not None and item.currency is not None:
            self._files[item.currency].add(item.amount)
        outcome = allocate(item, self.directory, self.period, self.rules.mode)
        if isinstance(outcome, Charge):
            self._charge(outcome)
        else:
            self._suspend(outcome)
        return outcome

    def _charge(self, charge: Charge) -> None:
        line = charge.line
        self._aggregates[charge.key].add(line.amount)
        self._outside += line.start not in self.period
        account = self.directory.account(line.account)
        gone = account.deactivated_at if account is not None else None
        self._deactivated += gone is not None and gone <= line.start
        self._note_stale(charge)

    def _suspend(self, suspended: Suspended) -> None:
        self._suspense[suspended.reason] += 1
        item = suspended.item
        if item.amount is None or item.currency is None:
            self._unreadable += 1
        else:
            self._suspended[item.currency].add(item.amount)

    def _note_stale(self, charge: Charge) -> None:
        row, line = charge.assignment, charge.line
        if row is None:
            return
        missed = row.missing_since is not None and row.missing_since <= line.start
        if not missed and line.start - row.seen_at <= self.rules.max_age:
            return
        before = self._stale.get((line.account, row.number))
        last_use = line.start if before is None else max(before.last_use, line.start)
        lines = 1 if before is None else before.line_count + 1
        stale = StaleAssignment(line.account, row.number, row.seen_at, row.missing_since, last_use, lines)
        self._stale[line.account, row.number] = stale

    def result(self) -> Rated:
        """Aggregates, control totals and what deserves a look, of all lines taken so far."""
        aggregates = tuple(self._aggregate(key) for key in sorted(self._aggregates))
        return Rated(
            period=self.period,
            aggregates=aggregates,
            control=tuple(self._control(currency, aggregates) for currency in sorted(self._files)),
            suspense=dict(self._suspense),
            unreadable_amounts=self._unreadable,
            outside_period=self._outside,
            after_deactivation=self._deactivated,
            stale=tuple(self._stale[key] for key in sorted(self._stale)),
        )

    def _aggregate(self, key: AggregateKey) -> Aggregate:
        exact, lines = self._aggregates[key].exact, self._aggregates[key].lines
        total = rounded(exact, self.rules.rounding, self.rules.places)
        return Aggregate(key=key, exact=exact, total=total, line_count=lines)

    def _control(self, currency: str, aggregates: tuple[Aggregate, ...]) -> ControlTotal:
        mine = [aggregate for aggregate in aggregates if aggregate.key.currency == currency]
        suspended = self._suspended.get(currency, _Sum())
        return ControlTotal(
            currency=currency,
            file_total=self._files[currency].exact,
            charged=_exact_sum(aggregate.exact for aggregate in mine),
            suspended=suspended.exact,
            rounded=_exact_sum(aggregate.total for aggregate in mine),
        )


def _exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    total = _Sum()
    for amount in amounts:
        total.add(amount)
    return total.exact
