"""Totals and completeness from the command line."""

from typing import Annotated, cast

import typer

from usage_service.cli.context import opened_store
from usage_service.cli.parsing import aware_time
from usage_service.cli.printing import Format, print_rows
from usage_service.ledger.completeness import SourceSequences
from usage_service.ledger.model import Bucket, Dimension, RecordFilter, SummaryQuery, SummaryRow
from usage_service.ledger.summaries import Summaries

Form = Annotated[Format, typer.Option("--format", help="How to print.")]


def summary(
    context: typer.Context,
    by: Annotated[
        list[str] | None,
        typer.Option(help="service, event_type, code, requester, source, property:NAME; may repeat."),
    ] = None,
    bucket: Annotated[str | None, typer.Option(help="hour, day, week, month or year.")] = None,
    time_zone: Annotated[str, typer.Option(help="Zone whose clocks the buckets follow.")] = "UTC",
    total: Annotated[str | None, typer.Option("--sum", metavar="NAME", help="Property to add up.")] = None,
    service: Annotated[str | None, typer.Option(help="Only this service.")] = None,
    since: Annotated[str | None, typer.Option(help="Record time at or after (ISO, UTC unless it says).")] = None,
    until: Annotated[str | None, typer.Option(help="Record time before.")] = None,
    as_of: Annotated[str | None, typer.Option(help="What counted at this instant [default: what counts now]")] = None,
    form: Form = Format.TABLE,
) -> None:
    """Count records and add up a property. Voided records are left out, corrected ones count as corrected."""
    groups = by or []
    query = SummaryQuery(
        wanted=RecordFilter(
            service=service,
            from_time=aware_time(since) if since else None,
            to_time=aware_time(until) if until else None,
            current=True,
            as_of=aware_time(as_of) if as_of else None,
        ),
        dimensions=cast(tuple[Dimension, ...], tuple(name for name in groups if not name.startswith("property:"))),
        property_names=tuple(name.removeprefix("property:") for name in groups if name.startswith("property:")),
        bucket=cast(Bucket | None, bucket),
        time_zone=time_zone,
        sum_property=total,
    )
    with opened_store(context) as database:
        rows = [_row(row, query) for row in Summaries(database).summarize(query)]
    print_rows(rows, list(rows[0]) if rows else ["count"], form)


def gaps(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(help="Only this source.")] = None,
    form: Form = Format.TABLE,
) -> None:
    """Say how complete each numbered source is: which numbers are missing, and since when nothing came."""
    with opened_store(context) as database:
        rows = [
            {
                "source": found.source,
                "epoch": found.epoch,
                "numbers": f"{found.first_number}-{found.last_number}",
                "seen": found.seen,
                "missing": found.missing,
                "repeated": found.repeated,
                "last_seen_at": found.last_seen_at,
                "gaps": [[span.first, span.last] for span in found.gaps],
            }
            for found in SourceSequences(database).completeness(source)
        ]
    print_rows(rows, ["source", "epoch", "numbers", "seen", "missing", "repeated", "last_seen_at", "gaps"], form)


def _row(row: SummaryRow, query: SummaryQuery) -> dict[str, object]:
    cells: dict[str, object] = {query.bucket: row.bucket_start} if query.bucket else {}
    cells |= dict(row.group)
    cells["count"] = row.count
    if query.sum_property:
        cells |= {f"sum of {query.sum_property}": row.total, "not numeric": row.not_numeric}
    return cells
