"""Closing periods from the command line."""

import getpass
from datetime import UTC, datetime
from typing import Annotated

import typer

from usage_service.cli.context import opened_store, settings_of
from usage_service.cli.parsing import aware_time
from usage_service.cli.printing import Format, print_rows
from usage_service.errors import InvalidValue
from usage_service.ledger.model import EVERY_SERVICE, Period
from usage_service.ledger.system import open_periods

periods_app = typer.Typer(help="Close and reopen periods; list the closed ones.", no_args_is_help=True)

Span = Annotated[str, typer.Argument(metavar="PERIOD", help="A month 2026-10, a year 2026, or START/END as ISO times.")]
Service = Annotated[str, typer.Option(help="Only this service [default: every service]")]
Why = Annotated[str, typer.Option("--reason", help="Why, for people.")]
Who = Annotated[str | None, typer.Option("--actor", help="Who does it [default: your login name]")]


@periods_app.command("close")
def close(context: typer.Context, period: Span, reason: Why = "", service: Service = "", actor: Who = None) -> None:
    """Close a period: what happened in it can no longer be voided or corrected."""
    with opened_store(context) as database:
        closed, count = open_periods(settings_of(context).settings, database).close(
            _period(period, service), actor=actor or getpass.getuser(), reason=reason
        )
    typer.echo(f"closed with {count} records, as of {closed.closed_at.isoformat()}")


@periods_app.command("reopen")
def reopen(context: typer.Context, period: Span, reason: Why, service: Service = "", actor: Who = None) -> None:
    """Open a closed period again."""
    with opened_store(context) as database:
        open_periods(settings_of(context).settings, database).reopen(
            _period(period, service), actor=actor or getpass.getuser(), reason=reason
        )
    typer.echo("reopened")


@periods_app.command("list")
def list_closed(
    context: typer.Context, form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE
) -> None:
    """List the periods that are closed now."""
    with opened_store(context) as database:
        rows = [
            {
                "service": found.period.service or "every service",
                "starts_at": found.period.starts_at,
                "ends_at": found.period.ends_at,
                "closed_at": found.closed_at,
                "actor": found.actor,
                "reason": found.reason,
            }
            for found in open_periods(settings_of(context).settings, database).closed()
        ]
    print_rows(rows, ["service", "starts_at", "ends_at", "closed_at", "actor", "reason"], form)


def _period(text: str, service: str) -> Period:
    if "/" in text:
        start, _, end = text.partition("/")
        return Period(starts_at=aware_time(start), ends_at=aware_time(end), service=service or EVERY_SERVICE)
    for pattern, months in (("%Y-%m", 1), ("%Y", 12)):
        try:
            first = datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
        years, month = divmod(first.month - 1 + months, 12)
        return Period(starts_at=first, ends_at=first.replace(year=first.year + years, month=month + 1), service=service)
    raise InvalidValue("period", f"{text} is not a month such as 2026-10, a year, or START/END")
