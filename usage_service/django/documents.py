"""Lines, rejects and runs as JSON documents: amounts as decimal text, times as ISO 8601."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from usage_service.systems.bridge_billing.accounts import AccountKey
from usage_service.systems.bridge_billing.allocation import Mode, Reason
from usage_service.systems.bridge_billing.books import Item
from usage_service.systems.bridge_billing.cdr import CdrLine
from usage_service.systems.bridge_billing.imports import Import
from usage_service.systems.bridge_billing.money import Rounding
from usage_service.systems.bridge_billing.periods import Period
from usage_service.systems.bridge_billing.rated import Aggregate, ControlTotal, Rated, Rules, StaleAssignment
from usage_service.systems.bridge_billing.rows import line_from, line_row, reject_from, reject_row
from usage_service.systems.bridge_billing.runs import FileVersion, Run, RunInputs

AMOUNTS = ("amount", "minutes", "quantity", "tax", "rate")
TIMES = ("start_at", "end_at")
CONTROL_AMOUNTS = ("file_total", "charged", "suspended", "rounded")


def item_document(item: Item) -> dict[str, Any]:
    """A line or reject as a document."""
    row = line_row(item) if isinstance(item, CdrLine) else reject_row(item)
    return {name: _plain(value) for name, value in row.items()}


def item_from(document: Mapping[str, Any], file: Import, *, rejected: bool) -> Item:
    """The line or reject in a document."""
    row = dict(document)
    row |= {name: Decimal(row[name]) for name in AMOUNTS if row.get(name) is not None}
    row |= {name: time_from(row[name]) for name in TIMES if row.get(name) is not None}
    return reject_from(row, file) if rejected else line_from(row, file)


def run_document(run: Run) -> dict[str, Any]:
    """Everything of a run but its aggregates."""
    period, rules, rated = run.inputs.period, run.inputs.rules, run.rated
    return {
        "period": {"name": period.name, "start": _plain(period.start), "end": _plain(period.end)},
        "files": sorted(map(list, run.inputs.files)),
        "directory": run.inputs.directory,
        "mode": rules.mode.value,
        "rounding": rules.rounding.value,
        "places": rules.places,
        "max_age_seconds": rules.max_age.total_seconds(),
        "control": [
            {"currency": each.currency} | {name: _plain(getattr(each, name)) for name in CONTROL_AMOUNTS}
            for each in rated.control
        ],
        "suspense": {reason.value: lines for reason, lines in rated.suspense.items()},
        "unreadable_amounts": rated.unreadable_amounts,
        "outside_period": rated.outside_period,
        "after_deactivation": rated.after_deactivation,
        "stale": [[_plain(value) for value in (*each.account, *each[1:])] for each in rated.stale],
    }


def run_from(run_id: str, document: Mapping[str, Any], aggregates: tuple[Aggregate, ...]) -> Run:
    """The run in a document."""
    times = document["period"]
    period = Period(name=times["name"], start=time_from(times["start"]), end=time_from(times["end"]))
    rules = Rules(
        mode=Mode(document["mode"]),
        rounding=Rounding(document["rounding"]),
        places=document["places"],
        max_age=timedelta(seconds=document["max_age_seconds"]),
    )
    files = frozenset(FileVersion(*each) for each in document["files"])
    rated = Rated(
        period=period,
        aggregates=aggregates,
        control=tuple(map(_control, document["control"])),
        suspense={Reason(reason): lines for reason, lines in document["suspense"].items()},
        unreadable_amounts=document["unreadable_amounts"],
        outside_period=document["outside_period"],
        after_deactivation=document["after_deactivation"],
        stale=tuple(map(_stale, document["stale"])),
    )
    inputs = RunInputs(period=period, files=files, directory=document["directory"], rules=rules)
    return Run(run_id=run_id, inputs=inputs, rated=rated)


def time_from(text: str) -> datetime:
    """An ISO time in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _control(document: Mapping[str, str]) -> ControlTotal:
    return ControlTotal(currency=document["currency"], **{name: Decimal(document[name]) for name in CONTROL_AMOUNTS})


def _stale(values: list[Any]) -> StaleAssignment:
    service, external_id, number, seen_at, missing_since, last_use, lines = values
    missing = time_from(missing_since) if missing_since else None
    return StaleAssignment(
        AccountKey(service, external_id), number, time_from(seen_at), missing, time_from(last_use), lines
    )


def _plain(value: object) -> object:
    match value:
        case Decimal():
            return format(value, "f")
        case datetime():
            return value.isoformat()
        case _:
            return value
