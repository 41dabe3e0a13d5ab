"""The books of billing in the application's own tables."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model

from usage_service.django import models
from usage_service.django.documents import item_document, item_from, run_document, run_from
from usage_service.errors import Conflict, NotFound, NotStored
from usage_service.systems.bridge_billing.accounts import AccountKey, Customer, ServiceAccount
from usage_service.systems.bridge_billing.allocation import AggregateKey, Snapshot
from usage_service.systems.bridge_billing.assignments import Change, History
from usage_service.systems.bridge_billing.books import Books, Item, Recorded
from usage_service.systems.bridge_billing.cdr import CdrLine, Rejected
from usage_service.systems.bridge_billing.closing import Act, PeriodEvent
from usage_service.systems.bridge_billing.imports import Import, ImportFile
from usage_service.systems.bridge_billing.periods import Period
from usage_service.systems.bridge_billing.rated import Aggregate
from usage_service.systems.bridge_billing.rows import (
    account_from,
    account_row,
    change_from,
    change_row,
    customer_from,
    customer_row,
)
from usage_service.systems.bridge_billing.runs import Run

CHUNK_ROWS = 2_000


def books() -> Books:
    """All books of the application. It writes no usage records: those belong to the billing service."""
    return Books(DjangoDirectory(), DjangoImports(), DjangoRuns())


class DjangoDirectory:
    """Customers, accounts and cost centres."""

    def customers(self) -> Sequence[Customer]:
        """Every customer as it is now."""
        newest = {row["customer_id"]: row for row in _rows(models.Customer)}
        return [customer_from(row) for row in newest.values()]

    def put_customer(self, customer: Customer, at: datetime) -> None:
        """Register a customer, or a new version of it."""
        models.Customer.objects.create(**customer_row(customer), recorded_at=at)

    def account(self, key: AccountKey) -> ServiceAccount | None:
        """The account as it is now."""
        newest = models.ServiceAccount.objects.filter(**key._asdict()).order_by("-pk").values().first()
        return account_from(_utc(newest)) if newest else None

    def put_account(self, account: ServiceAccount, at: datetime) -> None:
        """Register an account, or a new version of it."""
        models.ServiceAccount.objects.create(**account_row(account), recorded_at=at)

    def link(self, key: AccountKey, user: Any) -> None:
        """Remember whose account it is."""
        models.AccountLink.objects.update_or_create(**key._asdict(), defaults={"user": user})

    def external_id(self, service: str, user: Any) -> str | None:
        """The id of the user's account at the operator."""
        link = models.AccountLink.objects.filter(service=service, user=user).order_by("-pk").first()
        return link.external_id if link is not None else None

    def recorded(self, key: AccountKey) -> Recorded:
        """The account's cost centres."""
        rows = models.CostCentreChange.objects.filter(**key._asdict()).order_by("change_no").values()
        changes = [change_from(_utc(row)) for row in rows]
        return Recorded(History(account=key).apply(changes), len(changes))

    def append(self, before: Recorded, changes: Sequence[Change], at: datetime) -> bool:
        """Add changes behind those known; False when another process was quicker and nothing was added."""
        key = before.history.account._asdict()
        try:
            with transaction.atomic():
                for number, change in enumerate(changes, start=before.changes + 1):
                    models.CostCentreChange.objects.create(**key, **change_row(change, at), change_no=number)
        except IntegrityError:
            return False
        return True

    @transaction.atomic
    def snapshot(self) -> Snapshot:
        """Everything as it is now."""
        accounts = {(row["service"], row["external_id"]): row for row in _rows(models.ServiceAccount)}
        return Snapshot(map(account_from, accounts.values()), self.customers(), self._histories())

    def _histories(self) -> Iterable[History]:
        rows = models.CostCentreChange.objects.order_by("service", "external_id", "change_no").values()
        for key, group in groupby(rows, key=lambda row: AccountKey(row["service"], row["external_id"])):
            yield History(account=key).apply(change_from(_utc(row)) for row in group)


class DjangoImports:
    """Imported files and their lines."""

    def ledger(self) -> Sequence[ImportFile]:
        """Every file that was taken in completely."""
        files = models.ImportedFile.objects.filter(imported_at__isnull=False).order_by("imported_at", "sha256")
        return [
            ImportFile(
                sha256=file.sha256,
                name=file.name,
                layout=file.layout,
                period=file.period,
                imported_at=file.imported_at.astimezone(UTC),
                rows=file.rows,
                totals=tuple((currency, Decimal(amount)) for currency, amount in file.totals),
                corrects=file.corrects,
            )
            for file in files
        ]

    @transaction.atomic
    def begin(self, file: Import, at: datetime) -> int:
        """Open an import, or the interrupted one again; returns how many items it has already."""
        known = models.ImportedFile.objects.filter(sha256=file.sha256).first()
        if known is not None and known.imported_at is not None:
            raise Conflict(f"{file.name} was taken in meanwhile")
        if known is not None and _import(known) != file:
            known.cdr_rows.all().delete()
            known.delete()
            known = None
        if known is None:
            known = models.ImportedFile.objects.create(
                **{name: getattr(file, name) for name in _IMPORT_COLUMNS}, begun_at=at
            )
        count: int = known.cdr_rows.count()
        return count

    def add(self, file: Import, items: Sequence[Item]) -> None:
        """Keep lines and rejects, all or none."""
        rows = [
            models.CdrRow(
                file_id=file.sha256,
                row_no=item.position.row,
                rejected=isinstance(item, Rejected),
                external_id=item.account.external_id if isinstance(item, CdrLine) else None,
                document=item_document(item),
            )
            for item in items
        ]
        with transaction.atomic():
            models.CdrRow.objects.bulk_create(rows, batch_size=500)

    @transaction.atomic
    def finish(self, file: Import, totals: ImportFile) -> None:
        """From now on the file counts."""
        row = models.ImportedFile.objects.get(sha256=file.sha256)
        if row.cdr_rows.count() != totals.rows:
            raise NotStored(f"not all rows of {file.name} are there")
        row.rows = totals.rows
        row.totals = [[currency, format(amount, "f")] for currency, amount in totals.totals]
        row.imported_at = totals.imported_at
        row.save()

    def chunks(self, sha256: str) -> Iterator[list[Item]]:
        """The lines and rejects of a file, in row order."""
        found = models.ImportedFile.objects.filter(sha256=sha256).first()
        if found is None:
            raise NotFound("imported file", sha256)
        file, last = _import(found), 0
        while rows := list(found.cdr_rows.filter(row_no__gt=last).order_by("row_no")[:CHUNK_ROWS]):
            yield [item_from(row.document, file, rejected=row.rejected) for row in rows]
            last = rows[-1].row_no


class DjangoRuns:
    """Finished runs and closed periods."""

    @transaction.atomic
    def keep(self, run: Run, at: datetime) -> None:
        """Keep a run with its aggregates, or note that it was made again."""
        row, fresh = models.BillingRun.objects.update_or_create(
            run_id=run.run_id,
            defaults={"made_at": at, "period": run.inputs.period.name, "document": run_document(run)},
        )
        if fresh:
            models.Aggregate.objects.bulk_create(
                models.Aggregate(
                    run=row,
                    **each.key._asdict(),
                    exact=format(each.exact, "f"),
                    total=format(each.total, "f"),
                    line_count=each.line_count,
                )
                for each in run.rated.aggregates
            )

    def run(self, run_id: str) -> Run:
        """The run with this id; raises `NotFound`."""
        row = models.BillingRun.objects.filter(run_id=run_id).first()
        if row is None:
            raise NotFound("billing run", run_id)
        aggregates = tuple(sorted(map(_aggregate, row.aggregates.all()), key=lambda each: each.key))
        return run_from(run_id, row.document, aggregates)

    def latest(self, period: str) -> Run | None:
        """The run of a period that was made last."""
        row = models.BillingRun.objects.filter(period=period).order_by("-made_at").first()
        return self.run(row.run_id) if row is not None else None

    def closings(self) -> Sequence[PeriodEvent]:
        """Every closing and reopening, in order."""
        return [
            PeriodEvent(
                period=Period(name=row["period"], start=row["period_start"], end=row["period_end"]),
                act=Act(row["act"]),
                at=row["at"],
                actor=row["actor"],
                reason=row["reason"],
                run_id=row["run_id"],
            )
            for row in _rows(models.Closing)
        ]

    def add_closing(self, event: PeriodEvent) -> None:
        """Keep a closing or reopening."""
        models.Closing.objects.create(
            period=event.period.name,
            period_start=event.period.start,
            period_end=event.period.end,
            act=event.act.value,
            at=event.at,
            actor=event.actor,
            reason=event.reason,
            run_id=event.run_id,
        )


_IMPORT_COLUMNS = ("sha256", "name", "layout", "sheet", "period", "corrects")


def _import(row: models.ImportedFile) -> Import:
    return Import(**{name: getattr(row, name) for name in _IMPORT_COLUMNS})


def _aggregate(row: models.Aggregate) -> Aggregate:
    key = AggregateKey(**{name: getattr(row, name) for name in AggregateKey._fields})
    return Aggregate(key=key, exact=Decimal(row.exact), total=Decimal(row.total), line_count=row.line_count)


def _rows(model: type[Model]) -> list[dict[str, Any]]:
    """Every row of a table, oldest first."""
    return [_utc(row) for row in model.objects.order_by("pk").values()]


def _utc(row: Mapping[str, Any]) -> dict[str, Any]:
    """Django gives times in its own UTC; ours are in the standard library's."""
    return {name: value.astimezone(UTC) if isinstance(value, datetime) else value for name, value in row.items()}
