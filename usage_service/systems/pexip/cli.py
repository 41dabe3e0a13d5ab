"""The Pexip source from the command line."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

import typer
from rich.progress import Progress

from usage_service.cli.context import opened_store, settings_of
from usage_service.cli.parsing import aware_time, calendar_period
from usage_service.cli.printing import Format, print_json, print_rows
from usage_service.database.database import Database
from usage_service.database.locks import try_exclusive_lock
from usage_service.errors import Busy, ConfigurationError
from usage_service.ledger.system import open_commit_queue
from usage_service.systems.pexip.reconcile import Verdict
from usage_service.systems.pexip.reports import GROUPS, PexipReports
from usage_service.systems.pexip.system import PEXIP, described_deployment, open_status, open_work
from usage_service.systems.pexip.worker import WORK, Work

LOCK_SECONDS = 60.0
"""How long a command waits for a running service to finish its step."""

pexip_app = typer.Typer(help="Usage of Pexip Infinity: reports, events, reconciliation.", no_args_is_help=True)


class By(StrEnum):
    """What usage is summed up by."""

    SERVICE_TAG = "service-tag"
    CALL_TAG = "call-tag"
    LOCATION = "location"


Form = Annotated[Format, typer.Option("--format", help="How to print.")]


@pexip_app.command()
def usage(
    context: typer.Context,
    period: Annotated[str, typer.Option(help="2026, 2026-03 or 2026-03-02, in UTC.")],
    by: Annotated[By, typer.Option(help="What to sum up by.")] = By.SERVICE_TAG,
    form: Form = Format.TABLE,
) -> None:
    """Legs and seconds of what ended in a period, by service tag, call tag or location."""
    with opened_store(context) as database:
        rows = PexipReports(database).usage(by.value, *calendar_period(period))
    print_rows(rows, [*GROUPS[by.value], "legs", "seconds"], form)


@pexip_app.command()
def events(
    context: typer.Context,
    subject: Annotated[str | None, typer.Option(help="uuid of a participant, or name of a conference.")] = None,
    node: Annotated[str | None, typer.Option(help="Address of a node.")] = None,
    unread: Annotated[bool, typer.Option("--unread", help="Only what could not be processed.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most events to print.")] = 100,
    form: Form = Format.TABLE,
) -> None:
    """The newest events as the nodes sent them."""
    with opened_store(context) as database:
        rows = PexipReports(database).events(subject=subject, node=node, unread=unread, limit=limit)
    print_rows(rows, ["received_at", "sink", "node", "seq", "event_time", "event", "subject", "reason"], form)


@pexip_app.command()
def decisions(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most decisions to print.")] = 100,
    form: Form = Format.TABLE,
) -> None:
    """The newest policy decisions, with their reasons."""
    with opened_store(context) as database:
        rows = PexipReports(database).decisions(limit)
    print_rows(rows, ["decided_at", "request", "service_tag", "refused", "reason", "call_tag"], form)


@pexip_app.command()
def status(context: typer.Context) -> None:
    """What waits, what was lost, which nodes are silent, as JSON."""
    settings = settings_of(context).settings
    with opened_store(context) as database:
        print_json(open_status(described_deployment(settings), settings, database))


@pexip_app.command()
def process(context: typer.Context) -> None:
    """Read what waits in the inbox now, without a running service."""
    with _lock_held(context) as work:
        work.catch_up_fully()


@pexip_app.command()
def reconcile(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option(help="Read the history from here on [default: from where it was read to]")
    ] = None,
) -> None:
    """Compare with the platform's history: add what is missing, correct what differs, report both."""
    with _lock_held(context) as work, Progress(transient=True) as bar:
        if work.reconciler is None:
            raise ConfigurationError("no Management Node is configured: [manager] of the Pexip file")
        task = bar.add_task("history rows", total=None)
        outcome = work.reconcile(lambda rows: bar.advance(task, rows), aware_time(since) if since else None)
    counts = {verdict.value: outcome.verdicts[verdict] for verdict in Verdict}
    print_json({"rows": outcome.rows, "rejected": outcome.rejected, **counts, "warnings": outcome.warnings})


@contextmanager
def _lock_held(context: typer.Context) -> Iterator[Work]:
    """The worker's work, once a running service gives the lock back."""
    settings = settings_of(context).settings
    with opened_store(context) as database:
        recorder = open_commit_queue(settings, database, PEXIP.catalog)
        try:
            with _waited_for(database):
                yield open_work(settings, described_deployment(settings), database, recorder)
        finally:
            recorder.close()


@contextmanager
def _waited_for(database: Database) -> Iterator[None]:
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        with try_exclusive_lock(database, WORK) as ours:
            if ours:
                yield
                return
        if time.monotonic() > deadline:
            raise Busy("the running service has been working all the time; try again later")
        time.sleep(0.02)
