"""Billing runs and closed periods in the store."""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.engine import RowMapping

from usage_service.billing.accounts import AccountKey
from usage_service.billing.allocation import AggregateKey, Mode, Reason
from usage_service.billing.closing import Act, PeriodEvent
from usage_service.billing.money import Rounding
from usage_service.billing.periods import Period
from usage_service.billing.rated import Aggregate, ControlTotal, Rated, Rules, StaleAssignment
from usage_service.billing.runs import FileVersion, Run, RunInputs
from usage_service.errors import NotFound
from usage_service.store.billing_tables import (
    aggregate,
    billing_closing,
    billing_run,
    billing_run_control,
    billing_run_file,
    billing_run_made,
    billing_run_stale,
    billing_run_suspense,
)
from usage_service.store.database import Database, insert_unless_there

T = TypeVar("T")


class BillingRuns:
    """Keeps finished runs. A run that is made again is the same rows."""

    def __init__(self, database: Database, *, issue_id: Callable[[], str]) -> None:
        self._database = database
        self._issue_id = issue_id

    def keep(self, run: Run, at: datetime) -> None:
        """Keep a run with all that belongs to it, and note that it was made."""
        made = {"run_id": run.run_id, "period": run.inputs.period.name, "made_at": at}
        with self._database.transaction() as connection:
            if insert_unless_there(connection, billing_run, _run_row(run)):
                for table, rows in _parts(run).items():
                    if rows:
                        connection.execute(insert(table), [row | {"run_id": run.run_id} for row in rows])
            connection.execute(insert(billing_run_made).values(made | {"entry_id": self._issue_id()}))

    def run(self, run_id: str) -> Run:
        """The run with this id, or with the only id that begins so; raises `NotFound`."""
        with self._database.connect() as connection:
            found = connection.execute(
                select(billing_run).where(billing_run.c.run_id.startswith(run_id, autoescape=True)).limit(2)
            ).mappings()
            rows = found.all()
            if len(rows) != 1 or not run_id:
                raise NotFound("billing run", run_id)
            return _load(connection, rows[0])

    def latest(self, period: str) -> Run | None:
        """The run of a period that was made last."""
        made = self.made(period)
        return self.run(made[-1][0]) if made else None

    def made(self, period: str) -> list[tuple[str, datetime]]:
        """Ids and times of a period's runs, in the order they were made."""
        columns = billing_run_made.c
        query = select(columns.run_id, columns.made_at).where(columns.period == period).order_by(columns.entry_id)
        with self._database.connect() as connection:
            return [(row.run_id, row.made_at) for row in connection.execute(query)]

    def closings(self) -> list[PeriodEvent]:
        """Every closing and reopening, in order."""
        with self._database.connect() as connection:
            rows = connection.execute(select(billing_closing).order_by(billing_closing.c.entry_id))
            return [
                PeriodEvent(
                    period=_period(row._mapping),
                    act=Act(row.act),
                    at=row.at,
                    actor=row.actor,
                    reason=row.reason,
                    run_id=row.run_id,
                )
                for row in rows
            ]

    def add_closing(self, event: PeriodEvent) -> None:
        """Keep a closing or reopening."""
        row = _period_row(event.period) | {
            "entry_id": self._issue_id(),
            "act": event.act.value,
            "at": event.at,
            "actor": event.actor,
            "reason": event.reason,
            "run_id": event.run_id,
        }
        with self._database.transaction() as connection:
            connection.execute(insert(billing_closing).values(row))


def _period_row(period: Period) -> dict[str, Any]:
    return {"period": period.name, "period_start": period.start, "period_end": period.end}


def _period(row: RowMapping) -> Period:
    return Period(name=row["period"], start=row["period_start"], end=row["period_end"])


def _run_row(run: Run) -> dict[str, Any]:
    rules = run.inputs.rules
    return _period_row(run.inputs.period) | {
        "run_id": run.run_id,
        "directory": run.inputs.directory,
        "mode": rules.mode.value,
        "rounding": rules.rounding.value,
        "places": rules.places,
        "max_age_seconds": int(rules.max_age.total_seconds()),
        "unreadable_amounts": run.rated.unreadable_amounts,
        "outside_period": run.rated.outside_period,
        "after_deactivation": run.rated.after_deactivation,
    }


def _parts(run: Run) -> dict[Table, list[dict[str, Any]]]:
    return {
        billing_run_file: [file._asdict() for file in run.inputs.files],
        aggregate: [
            each.key._asdict() | {"exact": each.exact, "total": each.total, "line_count": each.line_count}
            for each in run.rated.aggregates
        ],
        billing_run_control: [
            {field.name: getattr(each, field.name) for field in fields(ControlTotal)} for each in run.rated.control
        ],
        billing_run_suspense: [
            {"reason": reason.value, "lines": lines} for reason, lines in run.rated.suspense.items()
        ],
        billing_run_stale: [
            {name: value for name, value in each._asdict().items() if name != "account"} | each.account._asdict()
            for each in run.rated.stale
        ],
    }


def _load(connection: Connection, row: RowMapping) -> Run:
    def all_of(table: Table, make: Callable[[RowMapping], T]) -> tuple[T, ...]:
        columns = [column for column in table.primary_key.columns if column.name != "run_id"]
        query = select(table).where(table.c.run_id == row["run_id"]).order_by(*columns)
        return tuple(make(each) for each in connection.execute(query).mappings())

    period = _period(row)
    rated = Rated(
        period=period,
        aggregates=tuple(sorted(all_of(aggregate, _aggregate), key=lambda each: each.key)),
        control=tuple(sorted(all_of(billing_run_control, _control), key=lambda each: each.currency)),
        suspense=dict(all_of(billing_run_suspense, lambda each: (Reason(each["reason"]), each["lines"]))),
        unreadable_amounts=row["unreadable_amounts"],
        outside_period=row["outside_period"],
        after_deactivation=row["after_deactivation"],
        stale=tuple(sorted(all_of(billing_run_stale, _stale))),
    )
    rules = Rules(
        mode=Mode(row["mode"]),
        rounding=Rounding(row["rounding"]),
        places=row["places"],
        max_age=timedelta(seconds=row["max_age_seconds"]),
    )
    files = frozenset(all_of(billing_run_file, lambda each: FileVersion(each["sha256"], each["layout"])))
    inputs = RunInputs(period=period, files=files, directory=row["directory"], rules=rules)
    return Run(run_id=row["run_id"], inputs=inputs, rated=rated)


def _aggregate(row: RowMapping) -> Aggregate:
    key = AggregateKey(**{name: row[name] for name in AggregateKey._fields})
    return Aggregate(key=key, exact=row["exact"], total=row["total"], line_count=row["line_count"])


def _control(row: RowMapping) -> ControlTotal:
    return ControlTotal(**{field.name: row[field.name] for field in fields(ControlTotal)})


def _stale(row: RowMapping) -> StaleAssignment:
    account = AccountKey(row["service"], row["external_id"])
    names = ("number", "seen_at", "missing_since", "last_use", "line_count")
    return StaleAssignment(account, *(row[name] for name in names))
