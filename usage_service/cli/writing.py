"""Writing records from the command line: one, or a file of them."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urljoin

import typer

from usage_service.cli.batch import BatchFile, after_failure, form_of, send_file
from usage_service.cli.context import settings_of
from usage_service.cli.parsing import aware_time, pair
from usage_service.cli.printing import Format
from usage_service.client import UsageRecorder
from usage_service.client.contract import Credentials
from usage_service.client.usage_ledger import UsageLedger
from usage_service.errors import ServiceError
from usage_service.soap.endpoints import public_address

LEDGER_PATH = "/soap/usage-ledger"


def write(
    context: typer.Context,
    service: Annotated[
        str | None, typer.Option(help="Service that writes the record, for example PX21_CN_IMS.", show_default=False)
    ] = None,
    event: Annotated[
        str | None, typer.Option(help="Recording point, for example StartCallNotification.", show_default=False)
    ] = None,
    properties: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=VALUE…", help="Service-specific attributes, in order.")
    ] = None,
    code: Annotated[int, typer.Option(help="0 success, 1 general failure, 2 privacy; others by service.")] = 0,
    transaction: Annotated[str | None, typer.Option(help="Global transaction id [default: a new UUID]")] = None,
    time: Annotated[str | None, typer.Option(help="ISO time of the recording point [default: now]")] = None,
    batch: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Send the records of this file instead; see below.")
    ] = None,
    atomic: Annotated[
        bool,
        typer.Option("--atomic/--best-effort", help="Of a file: all records or none (at most 1,000), or each it can."),
    ] = False,
    rejected: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Put the lines that were not stored into this new file.")
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="How to print the lines that were not stored.")
    ] = Format.TABLE,
    endpoint: Annotated[
        str | None,
        typer.Option(
            envvar="USAGE_SERVICE_ENDPOINT",
            help="Usage Record component to send to [default: that of the settings, as in the WSDL]",
        ),
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option(
            envvar="USAGE_SERVICE_LEDGER_ENDPOINT",
            help=f"Usage Ledger to send a file to [default: {LEDGER_PATH} of the endpoint's host]",
        ),
    ] = None,
    username: Annotated[
        str | None, typer.Option(envvar="USAGE_SERVICE_USERNAME", help="Name to authenticate with.")
    ] = None,
    password: Annotated[
        str, typer.Option(envvar="USAGE_SERVICE_PASSWORD", help="Its password; better given by the variable.")
    ] = "",
) -> None:
    """Send one record to a running service and print its record id, or send a file of records.

    Example: usage-service write --service PX21_CN_IMS --event StartCallNotification REQUESTER=alice CORRELATOR=c1

    A file is CSV (its name ends in .csv; the first line names the columns) or JSON lines, in the columns that
    `usage-service records --format csv` and `--format json` print:

    * global_transaction_id, service, event_type, and record_time (ISO, UTC unless it says, or milliseconds since
    1970) must be there; code is 0 if it is left out.

    * properties: JSON, [["NAME", "VALUE"], …] or {"NAME": "VALUE", …}; in CSV also columns property:NAME, where an
    empty cell is no property.

    * once_key: one key of one service names one record for ever, so that it can be sent again. Lines without one take
    the file's content and their number: the same file can be sent again, a changed one is another file.

    * sequence_epoch, sequence_number, sequence_source: the record's place in its source's numbering.

    Columns that the service finds out by itself (record_id, received_at, host, source, …) are ignored.

    Exit code 0: every line is stored; 2: some were refused, and are printed with their reason; 1: the service could not
    store some, send the file again.
    """
    endpoint = public_address(settings_of(context).settings) if endpoint is None else endpoint
    if batch is not None:
        if service or event or properties or transaction or time:
            raise typer.BadParameter("with --batch, everything about the records stands in the file")
        credentials = None if username is None else Credentials(username, password)
        there = UsageLedger(ledger or urljoin(endpoint, LEDGER_PATH), credentials=credentials)
        _write_file(there, BatchFile(batch, form_of(batch), atomic, rejected), form)
        return
    if service is None or event is None:
        raise typer.BadParameter("one record needs --service and --event, a file of them --batch")
    typer.echo(
        UsageRecorder(endpoint, username=username, password=password).record(
            service=service,
            event_type=event,
            code=code,
            properties=[pair(text) for text in properties or ()],
            global_transaction_id=transaction,
            record_time=aware_time(time) if time else None,
        )
    )


def _write_file(ledger: UsageLedger, batch: BatchFile, form: Format) -> None:
    try:
        counts = send_file(ledger, batch, form)
    except ServiceError as error:
        raise after_failure(error) from error
    typer.echo(
        f"stored {counts['stored']}, there already {counts['duplicate']}, refused {counts['rejected']}, "
        f"failed {counts['failed']}",
        err=True,
    )
    if counts["failed"] or counts["rejected"]:
        raise typer.Exit(1 if counts["failed"] else 2)
