"""What billing calculated: aggregates, suspense, bills, differences, closed periods."""

import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from usage_service.cli.context import opened_store, settings_of
from usage_service.cli.printing import Format, print_rows
from usage_service.cli.progress import counted
from usage_service.database.database import Database
from usage_service.errors import NotFound
from usage_service.systems.bridge_billing.calculating import calculate, close_period, reopen_period, suspended
from usage_service.systems.bridge_billing.cdr import CdrLine, Rejected
from usage_service.systems.bridge_billing.emission import Form, bill
from usage_service.systems.bridge_billing.imports import superseded
from usage_service.systems.bridge_billing.output.writers import WRITERS
from usage_service.systems.bridge_billing.runs import Run, differences
from usage_service.systems.bridge_billing.settings import BillingSettings
from usage_service.systems.bridge_billing.store import BillingRuns
from usage_service.systems.bridge_billing.system import (
    billing_books,
    billing_books_with_ledger,
    billing_month,
    billing_rules,
    billing_runs,
    imported_files,
    now,
)

AGGREGATE_COLUMNS = ["customerid", "sequencenumber", "total_cost", "currency", "period", "user_key", "line_count"]
SUSPENSE_COLUMNS = ["reason", "service", "external_id", "amount", "currency", "row", "file", "detail"]
DIFFERENCE_COLUMNS = [
    "customerid",
    "sequencenumber",
    "user_key",
    "currency",
    "before",
    "after",
    "delta",
    "lines_before",
    "lines_after",
]
SHOWN_REASONS = 5
FILE_COLUMNS = ["sha256", "name", "period", "state", "rows", "totals", "layout", "imported_at", "corrects"]

PeriodArgument = Annotated[str, typer.Argument(metavar="YYYY-MM", help="The month that is billed.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print.")]
ActorOption = Annotated[str, typer.Option(help="Who does it.")]


class BillFormat(StrEnum):
    """A format that a bill can be written in."""

    CSV = "csv"
    JSON = "json"
    XML = "xml"
    XLSX = "xlsx"


def aggregate(context: typer.Context, period: PeriodArgument, form: FormatOption = Format.TABLE) -> None:
    """Calculate a period anew from all that is known now, and print what each user owes."""
    settings = settings_of(context).settings
    billing = settings.group(BillingSettings)
    month = billing_month(billing, period)
    with (
        opened_store(context) as database,
        billing_books_with_ledger(settings, database) as books,
        counted("rating") as (rating,),
    ):
        unposted: list[str] = []
        run = calculate(books, month, billing_rules(billing), now=now(), progress=rating, unposted=unposted.append)
    records = bill(run).records
    print_rows(
        [{name: _plain(getattr(each, name)) for name in AGGREGATE_COLUMNS} for each in records], AGGREGATE_COLUMNS, form
    )
    for line in _summary(run):
        typer.echo(line, err=True)
    print_unposted(unposted)


def print_unposted(reasons: Sequence[str]) -> None:
    """How many usage records do not say what their lines say, and why, for some of them."""
    if reasons:
        typer.echo(f"{len(reasons):,} usage records stay as they are, although their lines say otherwise:", err=True)
        for reason in reasons[:SHOWN_REASONS]:
            typer.echo(f"  {reason}", err=True)


def suspense(context: typer.Context, period: PeriodArgument, form: FormatOption = Format.TABLE) -> None:
    """List the lines that have no payer yet."""
    billing = settings_of(context).settings.group(BillingSettings)
    month = billing_month(billing, period)
    with opened_store(context) as database:
        rows = [
            _suspended_row(each.reason.value, each.item)
            for each in suspended(billing_books(database), month, billing_rules(billing))
        ]
    print_rows(rows, SUSPENSE_COLUMNS, form)


def report(
    context: typer.Context,
    period: PeriodArgument,
    form: Annotated[BillFormat, typer.Option("--format", help="How to write the bill.")] = BillFormat.CSV,
    output: Annotated[Path | None, typer.Option(help="File to write [default: standard output]")] = None,
    since: Annotated[str | None, typer.Option(metavar="RUN", help="Only what changed since this run was sent.")] = None,
    difference: Annotated[
        bool, typer.Option("--difference", help="With --since: amounts to add, not totals that replace.")
    ] = False,
) -> None:
    """Write the bill of a period's last run, for the billing system."""
    with opened_store(context) as database:
        runs = billing_runs(database)
        run, before = _latest(runs, period), runs.run(since) if since else None
    wanted = bill(run, before, Form.DIFFERENCE if difference else Form.REPLACEMENT)
    if output is None:
        WRITERS[form](wanted, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    else:
        with output.open("wb") as file:
            WRITERS[form](wanted, file)
    for line in _summary(run):
        typer.echo(line, err=True)


def diff(
    context: typer.Context,
    period: PeriodArgument,
    before: Annotated[str | None, typer.Argument(help="Run id [default: the one before the last]")] = None,
    after: Annotated[str | None, typer.Argument(help="Run id [default: the last]")] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Say what changed from one run of a period to another."""
    with opened_store(context) as database:
        old, new = _two_runs(database, period, before, after)
    rows = [
        {
            "customerid": each.key.customer_id,
            "sequencenumber": each.key.sequencenumber,
            "user_key": each.key.user_key,
            "currency": each.key.currency,
            "before": _plain(each.before),
            "after": _plain(each.after),
            "delta": _plain(each.delta),
            "lines_before": each.lines_before,
            "lines_after": each.lines_after,
        }
        for each in differences(old, new)
    ]
    print_rows(rows, DIFFERENCE_COLUMNS, form)


def files(context: typer.Context, form: FormatOption = Format.TABLE) -> None:
    """List the imported files and what became of them."""
    with opened_store(context) as database:
        books = imported_files(database)
        ledger = books.ledger()
        rows: list[dict[str, Any]] = [
            {name: getattr(each, name) for name in ("sha256", "name", "period", "rows", "layout", "imported_at")}
            | {
                "corrects": each.corrects,
                "state": "superseded" if each.sha256 in superseded(ledger) else "counts",
                "totals": ", ".join(f"{amount:f} {currency}" for currency, amount in each.totals),
            }
            for each in ledger
        ]
        rows += [
            {
                "sha256": each.sha256,
                "name": each.name,
                "period": each.period,
                "state": "interrupted",
                "layout": each.layout,
                "corrects": each.corrects,
            }
            for each in books.unfinished()
        ]
    print_rows(rows, FILE_COLUMNS, form)


def close(
    context: typer.Context,
    period: PeriodArgument,
    actor: ActorOption,
    reason: Annotated[str, typer.Option(help="Why, where lines in suspense stay behind.")] = "",
) -> None:
    """Make the last run of a period final; nothing can be imported into it any more."""
    month = billing_month(settings_of(context).settings.group(BillingSettings), period)
    with opened_store(context) as database:
        event = close_period(billing_books(database), month, now=now(), actor=actor, reason=reason)
    typer.echo(f"{period} is closed on run {event.run_id}")


def reopen(
    context: typer.Context,
    period: PeriodArgument,
    actor: ActorOption,
    reason: Annotated[str, typer.Option(help="Why.")],
) -> None:
    """Open a closed period again."""
    month = billing_month(settings_of(context).settings.group(BillingSettings), period)
    with opened_store(context) as database:
        reopen_period(billing_books(database), month, now=now(), actor=actor, reason=reason)


def _latest(runs: BillingRuns, period: str) -> Run:
    run = runs.latest(period)
    if run is None:
        raise NotFound("billing run of", period)
    return run


def _two_runs(database: Database, period: str, before: str | None, after: str | None) -> tuple[Run | None, Run]:
    runs = billing_runs(database)
    new = runs.run(after) if after else _latest(runs, period)
    if before:
        return runs.run(before), new
    earlier = [run_id for run_id, _ in runs.made(period) if run_id != new.run_id]
    return (runs.run(earlier[-1]) if earlier else None), new


def _suspended_row(reason: str, item: CdrLine | Rejected) -> dict[str, Any]:
    row = {"reason": reason, "row": item.position.row, "file": item.position.file_sha256[:12]}
    row |= {"amount": _plain(item.amount), "currency": item.currency}
    return row | (item.account._asdict() if isinstance(item, CdrLine) else {"detail": item.reason})


def _summary(run: Run) -> Iterator[str]:
    rated = run.rated
    yield f"run {run.run_id}"
    for total in rated.control:
        yield (
            f"{total.currency}: aggregates {total.charged:f} + suspense {total.suspended:f} = "
            f"file {total.file_total:f}; rounded {total.rounded:f}, rounding difference {total.rounding_difference:f}"
        )
    for reason, lines in sorted(rated.suspense.items(), key=lambda pair: pair[0].value):
        yield f"in suspense, {reason.value}: {lines}"
    notes = {
        "rejected without a readable amount": rated.unreadable_amounts,
        "lines whose use began in another period": rated.outside_period,
        "lines of deactivated accounts": rated.after_deactivation,
    }
    yield from (f"{text}: {count}" for text, count in notes.items() if count)
    for stale in rated.stale:
        since = f"missing since {stale.missing_since:%Y-%m-%d}" if stale.missing_since else "stale"
        yield (
            f"assignment of {stale.account.external_id} not confirmed since {stale.seen_at:%Y-%m-%d} ({since}), "
            f"last used {stale.last_use:%Y-%m-%d}, {stale.line_count} lines"
        )


def _plain(value: Any) -> Any:
    return f"{value:f}" if isinstance(value, Decimal) else value
