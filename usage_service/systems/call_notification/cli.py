"""The outbox of Call Notification from the command line."""

from dataclasses import asdict, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from usage_service.cli.context import opened_store
from usage_service.cli.printing import Format, print_json, print_rows
from usage_service.systems.call_notification.store import CallNotices, DeliveryStatistics, delivery_statistics

notifications_app = typer.Typer(help="Call notices: waiting, sent, given up.", no_args_is_help=True)

COLUMNS = ["notice_id", "state", "event", "caller", "called", "endpoint", "attempts", "due_at", "last_error"]


class NoticeState(StrEnum):
    """What has become of a notice; `failed` are the dead letters."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@notifications_app.command("list")
def list_notices(
    context: typer.Context,
    state: Annotated[NoticeState | None, typer.Option(help="Only these.")] = None,
    after: Annotated[str | None, typer.Option(metavar="ID", help="Continue behind this notice.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most notices to print.")] = 100,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """List notices in the order they arose."""
    with opened_store(context) as database:
        found = CallNotices(database).find(state=state.value if state else None, after=after, limit=limit)
    print_rows([asdict(notice) for notice in found], COLUMNS, form)


@notifications_app.command()
def show(context: typer.Context, notice_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Show one notice in full, as JSON."""
    with opened_store(context) as database:
        print_json(asdict(CallNotices(database).get(notice_id)))


@notifications_app.command()
def replay(
    context: typer.Context,
    notice_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]…", help="Which ones.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every notice that was given up.")] = False,
) -> None:
    """Deliver notices anew that were given up; the running service takes them up at once."""
    with opened_store(context) as database:
        notices = CallNotices(database)
        wanted = list(notice_ids or ())
        if every:
            wanted += [notice.notice_id for notice in notices.find(state="failed", limit=100_000)]
        for notice_id in wanted:
            notices.replay(notice_id, datetime.now(UTC))
            typer.echo(notice_id)


@notifications_app.command()
def statistics(
    context: typer.Context,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """Count what was delivered and given up, for each requester and correlator."""
    with opened_store(context) as database:
        found = delivery_statistics(database)
    print_rows([asdict(figures) for figures in found], [field.name for field in fields(DeliveryStatistics)], form)
