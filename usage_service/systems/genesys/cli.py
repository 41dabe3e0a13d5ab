"""Genesys logs from the command line."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from usage_service.cli.context import opened_store, settings_of
from usage_service.cli.parsing import aware_time
from usage_service.cli.printing import Format, print_rows
from usage_service.errors import InvalidValue
from usage_service.ledger.system import open_commit_queue
from usage_service.systems.genesys.loading import Loaded, Loader, Pace
from usage_service.systems.genesys.scanner import LONGEST_NAME
from usage_service.systems.genesys.settings import GenesysSettings
from usage_service.systems.genesys.settling import Settled, Settler
from usage_service.systems.genesys.store import logs as stored_logs
from usage_service.systems.genesys.system import GENESYS, genesys_reading, open_loader

genesys_app = typer.Typer(help="Read logs of Genesys T-Servers and SIP Servers.", no_args_is_help=True)

Server = Annotated[str, typer.Option(metavar="NAME", help="Server that wrote the log [default: as its banner says]")]


@genesys_app.command()
def load(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files of one log, oldest first.")],
    server: Server = "",
) -> None:
    """Read the finished files of one server's log, on from where an earlier load stopped.

    Afterwards, when the logs of all servers are loaded: usage-service genesys settle
    """
    reading = genesys_reading(settings_of(context).settings.group(GenesysSettings), _checked(server))
    total = sum(path.stat().st_size for path in files if path.exists())
    with _opened(context) as (loader, _), _bar() as bar:
        task = bar.add_task("reading", total=total, events=0)
        loaded = loader.load(
            files,
            reading,
            lambda so_far: bar.update(task, completed=so_far.counts.bytes, events=so_far.counts.call_events),
        )
    _print_loaded(loaded)


@genesys_app.command()
def follow(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file the server is writing.")],
    server: Server = "",
    once: Annotated[bool, typer.Option("--once", help="Stop at the present end of the log.")] = False,
) -> None:
    """Read a log while the server writes it, through its rotations, until Ctrl-C or SIGTERM."""
    settings = settings_of(context).settings.group(GenesysSettings)
    stopped = Event()
    if once:
        stopped.set()
    _stop_on_signals(stopped)
    with _opened(context) as (loader, _):
        pace = Pace(settle=settings.settle_seconds)
        loaded = loader.follow(file, genesys_reading(settings, _checked(server)), stopped, pace)
    _print_loaded(loaded)


@genesys_app.command()
def settle(
    context: typer.Context,
    as_of: Annotated[str | None, typer.Option(help="Apply time-outs up to this time [default: now]")] = None,
) -> None:
    """Make interactions and usage records of what was loaded, and give up links that have waited too long."""
    moment = aware_time(as_of) if as_of else datetime.now(UTC)
    with _opened(context) as (_, settler):
        _print_settled(settler.settle(moment))


@genesys_app.command()
def logs(
    context: typer.Context,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """List the logs that have been read, and up to when."""
    with opened_store(context) as database:
        print_rows(
            [{"log": row.log, "read_at": row.read_at} for row in stored_logs(database)], ["log", "read_at"], form
        )


@contextmanager
def _opened(context: typer.Context) -> Iterator[tuple[Loader, Settler]]:
    with opened_store(context) as database:
        settings = settings_of(context).settings
        recorder = open_commit_queue(settings, database, GENESYS.catalog)
        try:
            yield open_loader(settings, database, recorder)
        finally:
            recorder.close()


def _checked(server: str) -> str:
    if len(server) > LONGEST_NAME or not server.isprintable():
        raise InvalidValue("server", f"must be printable and have at most {LONGEST_NAME} characters")
    return server


def _stop_on_signals(stopped: Event) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TextColumn("{task.fields[events]} call events"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _print_loaded(loaded: Loaded) -> None:
    counts = loaded.counts
    typer.echo(
        f"read {counts.bytes:,} bytes: {counts.events:,} events and {counts.requests:,} requests, "
        f"of which {counts.call_events:,} call events ({counts.copies:,} copies passed over)"
    )
    if loaded.kept:
        typer.echo(f"kept {loaded.kept:,} messages that could not be used, or only in part, as rejects")
    _print_settled(loaded.settled)


def _print_settled(settled: Settled) -> None:
    typer.echo(
        f"settled {settled.interactions:,} interactions, {settled.final:,} of them final: {settled.recorded:,} usage "
        f"records written, {settled.corrected:,} corrected, {settled.voided:,} voided, {settled.kept:,} kept as an "
        f"operator left them, {settled.rejected:,} rejected"
    )
