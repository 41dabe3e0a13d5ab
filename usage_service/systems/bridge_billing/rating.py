"""Rate the lines of a period as they stream by: add up exactly, round once, and prove that nothing was lost.

Memory grows with the number of aggregates, not with the number of lines. Sums are exact, so the order of
lines and files does not matter.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from usage_service.systems.bridge_billing.accounts import AccountKey
from usage_service.systems.bridge_billing.allocation import (
    AggregateKey,
    Charge,
    Directory,
    Outcome,
    Reason,
    Suspended,
    allocate,
)
from usage_service.systems.bridge_billing.cdr import CdrLine, Rejected
from usage_service.systems.bridge_billing.money import EXACT, ZERO, rounded
from usage_service.systems.bridge_billing.periods import Period
from usage_service.systems.bridge_billing.rated import Aggregate, ControlTotal, Rated, Rules, StaleAssignment


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
    rules: Rules = field(default_factory=Rules)
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
