"""The spool of recording points from the command line: what waits, and delivering it by hand."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from usage_service.cli.context import settings_of
from usage_service.cli.printing import Format, print_rows
from usage_service.client import UsageRecorder
from usage_service.client.spool_reading import WaitingRecord, export, waiting
from usage_service.errors import ConfigurationError
from usage_service.soap.endpoints import public_address

spool_app = typer.Typer(help="Look at and deliver usage records that wait on disk.", no_args_is_help=True)

Folder = Annotated[
    Path, typer.Option("--folder", envvar="USAGE_SERVICE_SPOOL", help="The spool folder of the recording points.")
]
COLUMNS = ["spooled", "service", "event_type", "code", "global_transaction_id", "once_key", "problem"]


@spool_app.command("list")
def list_waiting(
    folder: Folder,
    limit: Annotated[int, typer.Option(min=1, help="Most records to print.")] = 100,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """List the records that wait, oldest first."""
    rows = [_row(found) for found, _ in zip(waiting(_checked(folder)), range(limit), strict=False)]
    print_rows(rows, COLUMNS, form)


@spool_app.command()
def drain(
    context: typer.Context,
    folder: Folder,
    endpoint: Annotated[
        str | None,
        typer.Option(
            envvar="USAGE_SERVICE_ENDPOINT",
            help="Usage Record component to send to [default: that of the settings, as in the WSDL]",
        ),
    ] = None,
    per_second: Annotated[float, typer.Option(min=0.1, help="Most records in a second.")] = 1000.0,
) -> None:
    """Deliver what waits, oldest first, and say how many were delivered or set aside."""
    there = public_address(settings_of(context).settings) if endpoint is None else endpoint
    total = sum(1 for _ in waiting(_checked(folder)))
    with Progress(disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("records", total=total)
        recorder = UsageRecorder(
            there, on_metric=lambda name, _value: progress.advance(task, int(name == "spool_delivered"))
        )
        done = recorder.drain(folder, per_second=per_second)
    typer.echo(f"{done} records delivered or set aside")


@spool_app.command("export")
def export_waiting(folder: Folder) -> None:
    """Print the records that wait as JSON lines, as they are in the spool; nothing is removed."""
    for line in export(_checked(folder)):
        sys.stdout.buffer.write(line)


def _checked(folder: Path) -> Path:
    if not folder.is_dir():
        raise ConfigurationError(f"there is no spool folder {folder}")
    return folder


def _row(found: WaitingRecord) -> dict[str, object]:
    if found.spooled is None:
        return {"problem": found.problem}
    record = found.spooled.record
    return {
        "spooled": found.spooled.spooled,
        "service": record.service,
        "event_type": record.event_type,
        "code": record.code,
        "global_transaction_id": record.global_transaction_id,
        "once_key": found.spooled.once_key,
    }
