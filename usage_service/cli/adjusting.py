"""Voiding and correcting records from the command line."""

import getpass
from dataclasses import replace
from typing import Annotated, Any

import typer

from usage_service.cli.context import opened_store, settings_of
from usage_service.cli.parsing import aware_time, pair
from usage_service.cli.printing import Format, print_rows
from usage_service.database.database import Database
from usage_service.errors import InvalidValue
from usage_service.ledger.adjustments import Adjustments
from usage_service.ledger.model import HistoryEntry, Reason
from usage_service.ledger.records import Records
from usage_service.ledger.system import open_adjustments
from usage_service.record import UsageRecord

RecordId = Annotated[str, typer.Argument(metavar="ID", help="The record's id.")]
Why = Annotated[str, typer.Option("--reason", help="Why, for people.")]
WhyCode = Annotated[str, typer.Option("--reason-code", help="Why, for programs, for example DUPLICATE.")]
Who = Annotated[str | None, typer.Option("--actor", help="Who does it [default: your login name]")]


def void(context: typer.Context, record_id: RecordId, reason: Why, reason_code: WhyCode, actor: Who = None) -> None:
    """Make a record count no more. Nothing is deleted: its history stays."""
    with opened_store(context) as database:
        done = _adjustments(context, database).void(record_id, _reason(actor, reason_code, reason))
    typer.echo(f"voided {done.record_id}")


def correct(
    context: typer.Context,
    record_id: RecordId,
    reason: Why,
    reason_code: WhyCode,
    actor: Who = None,
    code: Annotated[int | None, typer.Option(help="New status code.")] = None,
    event: Annotated[str | None, typer.Option(help="New event type.")] = None,
    time: Annotated[str | None, typer.Option(help="New record time (ISO).")] = None,
    properties: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="New value of a property; may repeat.")
    ] = None,
) -> None:
    """Put a corrected record in the place of another and print the new record's id."""
    with opened_store(context) as database:
        record = Records(database).get(record_id).record
        changes: dict[str, Any] = {"code": code, "event_type": event, "record_time": aware_time(time) if time else None}
        corrected = replace(record, **{name: value for name, value in changes.items() if value is not None})
        corrected = _with_properties(corrected, properties or [])
        done = _adjustments(context, database).correct(record_id, corrected, _reason(actor, reason_code, reason))
    typer.echo(done.replacement_id)


def history(
    context: typer.Context,
    record_id: RecordId,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """Show what became of a record: every version of it, oldest first."""
    with opened_store(context) as database:
        entries = _adjustments(context, database).history(record_id)
    rows = [_row(entry) for entry in entries]
    print_rows(rows, list(rows[0]), form)


def _adjustments(context: typer.Context, database: Database) -> Adjustments:
    return open_adjustments(settings_of(context).settings, database)


def _reason(actor: str | None, code: str, text: str) -> Reason:
    return Reason(actor=actor or getpass.getuser(), code=code, text=text)


def _with_properties(record: UsageRecord, changes: list[str]) -> UsageRecord:
    """A property that is there once gets the new value; one that is not there is added at the end."""
    properties = list(record.properties)
    for change in map(pair, changes):
        places = [place for place, present in enumerate(properties) if present.name == change.name]
        if len(places) > 1:
            raise InvalidValue("property", f"{change.name} is there {len(places)} times; which one is meant?")
        if places:
            properties[places[0]] = change
        else:
            properties.append(change)
    return replace(record, properties=tuple(properties))


def _row(entry: HistoryEntry) -> dict[str, object]:
    record, ended = entry.stored.record, entry.adjustment
    return {
        "record_id": entry.stored.record_id,
        "received_at": entry.stored.received_at,
        "code": record.code,
        "properties": [list(one) for one in record.properties],
        "ended": None if ended is None else "corrected" if ended.replacement_id else "voided",
        "ended_at": ended and ended.adjusted_at,
        "actor": ended and ended.reason.actor,
        "principal": ended and ended.reason.principal,
        "reason_code": ended and ended.reason.code,
        "reason": ended and ended.reason.text,
    }
