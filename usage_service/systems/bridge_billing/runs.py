"""Runs: reproducible calculations of a period. A run's id is the hash of all that decides its result.

Same files, same layout, same accounts and assignments, same rules: same id, same aggregates.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from usage_service.errors import Conflict
from usage_service.systems.bridge_billing.accounts import Customer, ServiceAccount
from usage_service.systems.bridge_billing.allocation import AggregateKey, Snapshot
from usage_service.systems.bridge_billing.assignments import History
from usage_service.systems.bridge_billing.money import EXACT, ZERO
from usage_service.systems.bridge_billing.periods import Period
from usage_service.systems.bridge_billing.rated import Aggregate, Rated, Rules


class FileVersion(NamedTuple):
    """A file and the layout it was read through."""

    sha256: str
    layout: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RunInputs:
    """All that decides a run's result."""

    period: Period
    files: frozenset[FileVersion]
    directory: str  # see `fingerprint`
    rules: Rules

    @property
    def run_id(self) -> str:
        """SHA-256 over the inputs, in an order of their own."""
        rules = asdict(self.rules)
        return _digest(["run/1", asdict(self.period), sorted(self.files), self.directory, rules])


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A finished run."""

    run_id: str
    inputs: RunInputs
    rated: Rated


class Difference(NamedTuple):
    """What changed for one aggregate from one run to the next."""

    key: AggregateKey
    before: Decimal  # 0 when there was none
    after: Decimal  # 0 when there is none any more
    lines_before: int
    lines_after: int

    @property
    def delta(self) -> Decimal:
        """What to add to the earlier total."""
        return EXACT.subtract(self.after, self.before)


def finish(inputs: RunInputs, rated: Rated) -> Run:
    """The run of those inputs. `Conflict` when its totals do not reconcile: it never leaves the house."""
    if not rated.reconciles:
        raise Conflict(f"aggregates and suspense of {rated.period.name} do not add up to the files")
    return Run(run_id=inputs.run_id, inputs=inputs, rated=rated)


def differences(before: Run | None, after: Run) -> tuple[Difference, ...]:
    """Every aggregate whose total or number of lines changed, by key. Runs of two periods do not compare."""
    if before is not None and before.inputs.period != after.inputs.period:
        raise Conflict(f"a run of {before.inputs.period.name} cannot be compared with {after.inputs.period.name}")
    old = _by_key(before.rated.aggregates if before is not None else ())
    new = _by_key(after.rated.aggregates)
    found = (_difference(key, old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys()))
    return tuple(each for each in found if each.delta or each.lines_before != each.lines_after)


def fingerprint(directory: Snapshot) -> str:
    """SHA-256 over all accounts, customers and assignments, whatever order they were loaded in."""
    accounts: Iterable[ServiceAccount] = (directory.accounts[key] for key in sorted(directory.accounts))
    customers: Iterable[Customer] = (directory.customers[key] for key in sorted(directory.customers))
    histories: Iterable[History] = (directory.histories[key] for key in sorted(directory.histories))
    return _digest([[asdict(row) for row in rows] for rows in (accounts, customers, histories)])


def _by_key(aggregates: Iterable[Aggregate]) -> dict[AggregateKey, Aggregate]:
    return {aggregate.key: aggregate for aggregate in aggregates}


def _difference(key: AggregateKey, before: Aggregate | None, after: Aggregate | None) -> Difference:
    return Difference(
        key,
        before.total if before is not None else ZERO,
        after.total if after is not None else ZERO,
        before.line_count if before is not None else 0,
        after.line_count if after is not None else 0,
    )


def _digest(value: object) -> str:
    text = json.dumps(value, default=_plain, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Enum():
            return value.value
        case frozenset():
            return sorted(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical form")
