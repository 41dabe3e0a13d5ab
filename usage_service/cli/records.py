"""Finding stored records from the command line."""

from typing import Annotated, Any

import typer

from usage_service.cli.context import opened_store
from usage_service.cli.parsing import aware_time, pair
from usage_service.cli.printing import Format, print_json, print_rows
from usage_service.ledger.model import RecordFilter, StoredRecord
from usage_service.ledger.records import Records

COLUMNS = [
    "record_id",
    "record_time",
    "service",
    "event_type",
    "code",
    "requester",
    "global_transaction_id",
    "properties",
]


def records(
    context: typer.Context,
    transaction: Annotated[str | None, typer.Option(help="Global transaction id.")] = None,
    service: Annotated[str | None, typer.Option(help="Service that wrote them.")] = None,
    event: Annotated[str | None, typer.Option(help="Event type (recording point).")] = None,
    code: Annotated[int | None, typer.Option(help="Status code.")] = None,
    requester: Annotated[str | None, typer.Option(help="Who asked.")] = None,
    source: Annotated[str | None, typer.Option(help="Edge or system they came through.")] = None,
    since: Annotated[str | None, typer.Option(help="Record time at or after (ISO, UTC unless it says).")] = None,
    until: Annotated[str | None, typer.Option(help="Record time before.")] = None,
    properties: Annotated[
        list[str] | None,
        typer.Option("--property", metavar="NAME=VALUE", help="Has this property; may repeat."),
    ] = None,
    after: Annotated[str | None, typer.Option(metavar="ID", help="Continue behind this record id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most records to print.")] = 100,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Find records by transaction, service, event type, time, property … in the order of receipt."""
    wanted = RecordFilter(
        global_transaction_id=transaction,
        service=service,
        event_type=event,
        code=code,
        requester=requester,
        source=source,
        from_time=aware_time(since) if since else None,
        to_time=aware_time(until) if until else None,
        properties=tuple(pair(text) for text in properties or ()),
    )
    with opened_store(context) as database:
        found = Records(database).find(wanted, after=after, limit=limit)
    form = Format.JSON if json else form
    columns = COLUMNS if form is Format.TABLE else list(row_of(found[0])) if found else COLUMNS
    print_rows([row_of(stored) for stored in found], columns, form)


def show(context: typer.Context, record_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Show one record in full, as JSON."""
    with opened_store(context) as database:
        print_json(row_of(Records(database).get(record_id)))


def row_of(stored: StoredRecord) -> dict[str, Any]:
    """A stored record as it is printed."""
    record = stored.record
    return {
        "record_id": stored.record_id,
        "received_at": stored.received_at,
        "record_time": record.record_time,
        "code": record.code,
        "global_transaction_id": record.global_transaction_id,
        "service": record.service,
        "event_type": record.event_type,
        "host": stored.host,
        "source": record.source,
        "requester": record.requester,
        "principal": record.principal,
        "caller_address": record.caller_address,
        "header_transaction_id": record.header_transaction_id,
        "header_service_id": record.header_service_id,
        "remarks": list(record.remarks),
        "properties": [[name, value] for name, value in record.properties],
    }
