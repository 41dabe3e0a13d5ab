"""Removing what is too old, from the command line."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from usage_service.cli.context import opened_store, settings_of
from usage_service.cli.printing import Format, print_rows
from usage_service.cli.progress import Report, counted
from usage_service.ledger.system import Run, retention_runs


def retention(
    context: typer.Context,
    apply: Annotated[bool, typer.Option("--apply/--dry-run", help="Remove it, or only say what would be.")] = False,
    records: Annotated[int | None, typer.Option(min=1, help="Days [default: setting keep_records_days]")] = None,
    keys: Annotated[int | None, typer.Option(min=1, help="Days [default: setting keep_keys_days]")] = None,
    rejects: Annotated[int | None, typer.Option(min=1, help="Days [default: setting keep_rejects_days]")] = None,
    open_rejects: Annotated[
        int | None, typer.Option(min=1, help="Days [default: setting keep_open_rejects_days]")
    ] = None,
    open_periods: Annotated[
        bool, typer.Option("--open-periods", help="Remove also records that no closed period has counted.")
    ] = False,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """Remove what is older than it must be kept: records with their properties and history, idempotency keys, rejects.

    Without --apply nothing is removed, and the same is printed. What has no days, here or in the settings, is kept for
    ever. Records are kept back until a closed period has counted them, unless --open-periods; and as long as a younger
    correction belongs to them. Keys that the service made itself are kept back as long as their record is there.

    It can be interrupted and run again, while the service runs.
    """
    settings = settings_of(
        context,
        keep_records_days=records,
        keep_keys_days=keys,
        keep_rejects_days=rejects,
        keep_open_rejects_days=open_rejects,
    ).settings
    removed = "removed" if apply else "would_be_removed"
    with opened_store(context) as database:
        runs = retention_runs(settings, database, datetime.now(UTC), dry=not apply, open_periods=open_periods)
        with counted(*(run.what for run in runs), unit="rows") as bars:
            rows = [_done(run, report, removed) for run, report in zip(runs, bars, strict=True)]
    print_rows(rows, ["what", "older_than", removed, "kept_back"], form)
    typer.echo("done" if apply else "nothing was removed: this was a dry run; --apply removes", err=True)


def _done(run: Run, report: Report, removed: str) -> dict[str, Any]:
    gone = kept_back = 0
    for step in run.steps:
        gone, kept_back = gone + step.removed, kept_back + step.kept_back
        report(gone + kept_back)
    return {"what": run.what, "older_than": run.before, removed: gone, "kept_back": kept_back}
