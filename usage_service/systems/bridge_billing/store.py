"""Customers, accounts and cost centres in the store.

Imported CDR files in the store.

A chunk of rows is one transaction, and chunks are stored in file order: after a crash, what is there is the beginning
of the file, and the import goes on behind it.

Billing runs and closed periods in the store.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, func, insert, select
from sqlalchemy.engine import RowMapping

from usage_service.database.bulk import insert_new_row, insert_rows
from usage_service.database.database import Database
from usage_service.errors import Conflict, NotFound, NotStored
from usage_service.ledger.model import Reject
from usage_service.ledger.rejects import Rejects
from usage_service.systems.bridge_billing.accounts import AccountKey, Customer, ServiceAccount
from usage_service.systems.bridge_billing.allocation import AggregateKey, Mode, Reason, Snapshot
from usage_service.systems.bridge_billing.assignments import Change, History
from usage_service.systems.bridge_billing.books import Item, Recorded
from usage_service.systems.bridge_billing.cdr import CdrLine, Rejected
from usage_service.systems.bridge_billing.closing import Act, PeriodEvent
from usage_service.systems.bridge_billing.imports import Import, ImportFile
from usage_service.systems.bridge_billing.money import Rounding
from usage_service.systems.bridge_billing.periods import Period
from usage_service.systems.bridge_billing.rated import Aggregate, ControlTotal, Rated, Rules, StaleAssignment
from usage_service.systems.bridge_billing.rows import (
    account_from,
    account_row,
    change_from,
    change_row,
    customer_from,
    customer_row,
    line_from,
    line_row,
    reject_from,
    reject_row,
)
from usage_service.systems.bridge_billing.runs import FileVersion, Run, RunInputs
from usage_service.systems.bridge_billing.tables import (
    aggregate,
    billing_closing,
    billing_run,
    billing_run_control,
    billing_run_file,
    billing_run_made,
    billing_run_stale,
    billing_run_suspense,
    cdr_line,
    cdr_reject,
    cost_centre_change,
    customer,
    import_begun,
    import_file,
    import_total,
    service_account,
)


class _Outrun(Exception):
    """Another change of the account came first."""


class BillingDirectory:
    """Keeps who pays and who uses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def customers(self) -> Sequence[Customer]:
        """Every customer as it is now."""
        with self._database.connect() as connection:
            return _customers(connection)

    def put_customer(self, new: Customer, at: datetime) -> None:
        """Register a customer, or a new version of it; the same again changes nothing."""
        known = {each.customer_id: each for each in self.customers()}
        if known.get(new.customer_id) != new:
            self._put(customer, {"customer_id": new.customer_id}, customer_row(new) | {"recorded_at": at})

    def account(self, key: AccountKey) -> ServiceAccount | None:
        """The account as it is now."""
        columns = service_account.c
        same = (columns.service == key.service, columns.external_id == key.external_id)
        with self._database.connect() as connection:
            return next(iter(_accounts(connection, *same)), None)

    def accounts(self) -> Sequence[ServiceAccount]:
        """Every account as it is now."""
        with self._database.connect() as connection:
            return _accounts(connection)

    def put_account(self, account: ServiceAccount, at: datetime) -> None:
        """Register an account, or a new version of it."""
        key = {"service": account.key.service, "external_id": account.key.external_id}
        self._put(service_account, key, account_row(account) | {"recorded_at": at})

    def recorded(self, key: AccountKey) -> Recorded:
        """The account's cost centres."""
        columns = cost_centre_change.c
        query = select(cost_centre_change).where(columns.service == key.service, columns.external_id == key.external_id)
        with self._database.connect() as connection:
            changes = [change_from(row) for row in connection.execute(query.order_by(columns.change_no)).mappings()]
        return Recorded(History(account=key).apply(changes), len(changes))

    def append(self, before: Recorded, changes: Sequence[Change], at: datetime) -> bool:
        """Add changes behind those known; False when another process was quicker and nothing was added."""
        key = before.history.account._asdict()
        try:
            with self._database.transaction() as connection:
                for number, change in enumerate(changes, start=before.changes + 1):
                    row = change_row(change, at) | key | {"change_no": number}
                    if not insert_new_row(connection, cost_centre_change, row):
                        raise _Outrun
        except _Outrun:
            return False
        return True

    def snapshot(self) -> Snapshot:
        """Everything as it is now, read at one instant."""
        with self._database.connect() as connection:
            if connection.dialect.name == "postgresql":  # where each statement sees what was committed before it
                connection.execution_options(isolation_level="REPEATABLE READ")
            return Snapshot(_accounts(connection), _customers(connection), _histories(connection))

    def histories(self) -> Sequence[History]:
        """The cost centres of every account."""
        with self._database.connect() as connection:
            return list(_histories(connection))

    def _put(self, table: Table, key: dict[str, str], row: dict[str, Any]) -> None:
        same = and_(*(table.c[name] == value for name, value in key.items()))
        with self._database.transaction() as connection:
            last = connection.execute(select(func.max(table.c.version)).where(same)).scalar_one()
            connection.execute(insert(table).values(row | {"version": (last or 0) + 1}))


def _newest(table: Table, *key: str) -> Select[Any]:
    later = table.alias()
    same = and_(*(later.c[name] == table.c[name] for name in key))
    exists = select(later.c.version).where(same, later.c.version > table.c.version).exists()
    return select(table).where(~exists).order_by(*(table.c[name] for name in key))


def _customers(connection: Connection) -> list[Customer]:
    return [customer_from(row) for row in connection.execute(_newest(customer, "customer_id")).mappings()]


def _accounts(connection: Connection, *conditions: ColumnElement[bool]) -> list[ServiceAccount]:
    query = _newest(service_account, "service", "external_id").where(*conditions)
    return [account_from(row) for row in connection.execute(query).mappings()]


def _histories(connection: Connection) -> Iterable[History]:
    columns = cost_centre_change.c
    query = select(cost_centre_change).order_by(columns.service, columns.external_id, columns.change_no)
    rows = connection.execute(query).mappings().all()
    for key, group in groupby(rows, key=lambda row: AccountKey(row["service"], row["external_id"])):
        yield History(account=key).apply(map(change_from, group))


CHUNK_ROWS = 2_000
BAD_ROW = "BILL0001E"
"""Message id of a row that could not be read as a line."""

IssueIds = Callable[[int], list[str]]


class ImportedFiles:
    """Keeps imported files and their lines."""

    def __init__(self, database: Database, *, issue_ids: IssueIds) -> None:
        self._database = database
        self._rejects = Rejects(database, issue_ids=issue_ids)

    def ledger(self) -> list[ImportFile]:
        """Every file that was taken in completely, in the order of that."""
        query = select(import_begun, import_file.c.imported_at, import_file.c.rows).join(
            import_file, import_file.c.sha256 == import_begun.c.sha256
        )
        with self._database.connect() as connection:
            totals: dict[str, list[tuple[str, Any]]] = {}
            for row in connection.execute(select(import_total).order_by(import_total.c.currency)):
                totals.setdefault(row.sha256, []).append((row.currency, row.amount))
            return [
                ImportFile(
                    sha256=row.sha256,
                    name=row.name,
                    layout=row.layout,
                    period=row.period,
                    imported_at=row.imported_at,
                    rows=row.rows,
                    totals=tuple(totals.get(row.sha256, ())),
                    corrects=row.corrects,
                )
                for row in connection.execute(query.order_by(import_file.c.imported_at, import_file.c.sha256))
            ]

    def unfinished(self) -> list[Import]:
        """Imports that began and never came to their end."""
        done = select(import_file.c.sha256)
        with self._database.connect() as connection:
            rows = connection.execute(select(import_begun).where(import_begun.c.sha256.not_in(done))).mappings()
            return [_import(row) for row in rows]

    def begin(self, file: Import, at: datetime) -> int:
        """Open an import, or the interrupted one again; returns how many items it has already.

        An interrupted import that was read differently (another layout, period …) begins again from nothing.
        """
        row = {name: getattr(file, name) for name in _IMPORT_COLUMNS}
        with self._database.transaction() as connection:
            known = connection.execute(select(import_begun).where(import_begun.c.sha256 == file.sha256)).mappings()
            before = next((_import(each) for each in known), None)
            if before == file:
                return _count(connection, file.sha256)
            if before is not None:
                _forget(connection, file.sha256)
            connection.execute(insert(import_begun).values(row | {"begun_at": at}))
            return 0

    def add(self, file: Import, items: Sequence[Item]) -> None:
        """Keep lines and rejects, all or none."""
        lines = [line_row(item) for item in items if isinstance(item, CdrLine)]
        rejects = [item for item in items if isinstance(item, Rejected)]
        with self._database.transaction() as connection:
            insert_rows(connection, cdr_line, lines)
            ids = self._rejects.keep_in(connection, [_usage_reject(item) for item in rejects])
            rows = [reject_row(item) | {"reject_id": each} for item, each in zip(rejects, ids, strict=True)]
            insert_rows(connection, cdr_reject, rows)

    def finish(self, file: Import, totals: ImportFile) -> None:
        """From now on the file counts. Raises `NotStored` unless every item is there, `Conflict` for a late rival."""
        row = {
            "sha256": file.sha256,
            "imported_at": totals.imported_at,
            "rows": totals.rows,
            "corrects": file.corrects,
        }
        amounts = [
            {"sha256": file.sha256, "currency": currency, "amount": amount} for currency, amount in totals.totals
        ]
        with self._database.transaction() as connection:
            if _count(connection, file.sha256) != totals.rows:
                raise NotStored(f"not all rows of {file.name} are there")
            if not insert_new_row(connection, import_file, row):
                raise Conflict(f"{file.name}, or a correction of the same file, was taken in meanwhile")
            insert_rows(connection, import_total, amounts)

    def chunks(self, sha256: str) -> Iterator[list[Item]]:
        """The lines and rejects of a file, in row order, some thousand at a time."""
        file = self._file(sha256)
        last = 0
        while rows := self._rows(file, last):
            yield rows
            last = rows[-1].position.row

    def _file(self, sha256: str) -> Import:
        with self._database.connect() as connection:
            found = connection.execute(select(import_begun).where(import_begun.c.sha256 == sha256)).mappings().first()
        if found is None:
            raise NotFound("imported file", sha256)
        return _import(found)

    def _rows(self, file: Import, after: int) -> list[Item]:
        with self._database.connect() as connection:
            lines = [line_from(row, file) for row in _next(connection, cdr_line, file.sha256, after)]
            rejects = [reject_from(row, file) for row in _next(connection, cdr_reject, file.sha256, after)]
        items: list[Item] = [*lines, *rejects]
        return sorted(items, key=lambda item: item.position.row)[:CHUNK_ROWS]


_IMPORT_COLUMNS = ("sha256", "name", "layout", "sheet", "period", "corrects")


def _import(row: RowMapping) -> Import:
    return Import(**{name: row[name] for name in _IMPORT_COLUMNS})


def _next(connection: Connection, table: Table, sha256: str, after: int) -> Sequence[RowMapping]:
    rows = select(table).where(table.c.file_sha256 == sha256, table.c.row_no > after)
    return connection.execute(rows.order_by(table.c.row_no).limit(CHUNK_ROWS)).mappings().all()


def _count(connection: Connection, sha256: str) -> int:
    return sum(
        connection.execute(select(func.count()).select_from(table).where(table.c.file_sha256 == sha256)).scalar_one()
        for table in (cdr_line, cdr_reject)
    )


def _forget(connection: Connection, sha256: str) -> None:
    """Take back what an interrupted import had stored; nothing of it ever counted."""
    if connection.execute(select(import_file).where(import_file.c.sha256 == sha256)).first() is not None:
        raise Conflict(f"the file {sha256} was taken in before")
    for table in (cdr_line, cdr_reject):
        connection.execute(delete(table).where(table.c.file_sha256 == sha256))
    connection.execute(delete(import_begun).where(import_begun.c.sha256 == sha256))


def _usage_reject(item: Rejected) -> Reject:
    return Reject(
        source="billing",
        message_id=BAD_ROW,
        field=f"{item.position.sheet} row {item.position.row}",
        reason=item.reason,
        content_type="application/json",
        body=item.raw.encode(),
    )


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
            if insert_new_row(connection, billing_run, _run_row(run)):
                for table, rows in _parts(run).items():
                    insert_rows(connection, table, [row | {"run_id": run.run_id} for row in rows])
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
