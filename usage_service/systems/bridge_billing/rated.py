"""The result of rating a period, and the proof that nothing was lost on the way."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from usage_service.systems.bridge_billing.accounts import AccountKey
from usage_service.systems.bridge_billing.allocation import AggregateKey, Mode, Reason
from usage_service.systems.bridge_billing.money import EXACT, Rounding
from usage_service.systems.bridge_billing.periods import Period


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
    """An assignment that was used although it had not been confirmed for too long, or a login had missed it."""

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
    after_deactivation: int  # lines of an account that had been deactivated before the use; charged all the same
    stale: tuple[StaleAssignment, ...]

    @property
    def reconciles(self) -> bool:
        """Whether every readable amount is accounted for."""
        return all(total.reconciles for total in self.control)
