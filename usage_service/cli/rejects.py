"""What was refused, from the command line: looking at it, taking it out, and trying it again after a fix."""

import base64
import getpass
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, NamedTuple

import typer

from usage_service.cli.context import catalog_of_systems, opened_store, settings_of
from usage_service.cli.printing import Format, print_json, print_rows
from usage_service.cli.progress import counted
from usage_service.errors import CallerError, ServiceError, UsageServiceError
from usage_service.ledger.model import KeptReject, Outcome
from usage_service.ledger.rejects import Rejects
from usage_service.ledger.replaying import Replays
from usage_service.ledger.system import open_commit_queue, open_rejects
from usage_service.soap.endpoints import open_replays

rejects_app = typer.Typer(help="What could not become a record: list, show, export, replay.", no_args_is_help=True)

LIST_COLUMNS = ["reject_id", "rejected_at", "source", "message_id", "field", "reason", "body_bytes", "replayed"]
REPLAY_COLUMNS = ["reject_id", "outcome", "record_id", "reason"]

Form = Annotated[Format, typer.Option("--format", help="How to print.")]
Source = Annotated[str | None, typer.Option(help="Only those from this edge or foreign system, for example soap.")]
OpenOnly = Annotated[bool, typer.Option("--open", help="Only those that no replay has made a record of.")]


@rejects_app.command("list")
def list_rejects(
    context: typer.Context,
    source: Source = None,
    open_only: OpenOnly = False,
    after: Annotated[str | None, typer.Option(metavar="ID", help="Continue behind this reject id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most rejects to print.")] = 100,
    form: Form = Format.TABLE,
) -> None:
    """List what was refused, in the order of arrival."""
    with opened_store(context) as database:
        found = open_rejects(settings_of(context).settings, database).find(
            source=source, open_only=open_only, after=after, limit=limit
        )
    print_rows([_row(kept) for kept in found], LIST_COLUMNS, form)


@rejects_app.command()
def show(context: typer.Context, reject_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Show one reject in full, as JSON; its body as text, or as body_base64 where it is none."""
    with opened_store(context) as database:
        print_json(_in_full(open_rejects(settings_of(context).settings, database).get(reject_id)))


@rejects_app.command()
def export(context: typer.Context, source: Source = None, open_only: OpenOnly = False) -> None:
    """Print every reject in full as JSON lines; nothing is removed.

    Example: usage-service rejects export --open > rejects.jsonl
    """
    with opened_store(context) as database:
        for kept in open_rejects(settings_of(context).settings, database).every(source=source, open_only=open_only):
            print_json(_in_full(kept))


@rejects_app.command()
def replay(
    context: typer.Context,
    reject_ids: Annotated[list[str] | None, typer.Argument(metavar="ID…", help="Rejects to try again.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Try every open reject again that can be; leave alone what cannot.")
    ] = False,
    source: Source = None,
    actor: Annotated[str | None, typer.Option(help="Who does it [default: your login name]")] = None,
    form: Form = Format.TABLE,
) -> None:
    """Try to make records of rejects, by the settings as they are now. However often, nothing is stored twice.

    Exit code 0: every one is stored; 2: some are refused again; 1: some could not be stored now.
    """
    if bool(reject_ids) == everything or (source and not everything):
        raise typer.BadParameter("give the ids of rejects, or --all and perhaps a --source")
    settings = settings_of(context).settings
    with opened_store(context) as database:
        rejects = open_rejects(settings, database)
        recorder = open_commit_queue(settings, database, catalog_of_systems(context))
        replays = open_replays(settings, database, recorder)
        wanted = reject_ids or _open_ones(rejects, replays, source)
        total = len(reject_ids) if reject_ids else rejects.count(source=source, open_only=True)
        try:
            with counted("replayed", total=total, unit="rejects") as (progress,):
                tried = list(_try_again(replays, wanted, actor or getpass.getuser(), progress))
        finally:
            recorder.close()
    print_rows([one.row() for one in tried], REPLAY_COLUMNS, form)
    _leave([one.outcome for one in tried])


class Tried(NamedTuple):
    """What became of one record of a reject."""

    reject_id: str
    outcome: Outcome

    def row(self) -> dict[str, Any]:
        """As it is printed."""
        if isinstance(self.outcome, UsageServiceError):
            return {"reject_id": self.reject_id, "outcome": "refused", "reason": str(self.outcome)}
        stored = "there already" if self.outcome.replayed else "stored"
        return {"reject_id": self.reject_id, "outcome": stored, "record_id": self.outcome.record_id}


def _open_ones(rejects: Rejects, replays: Replays, source: str | None) -> Iterator[str]:
    for kept in rejects.every(source=source, open_only=True):
        if replays.can_replay(kept):
            yield kept.reject_id


def _try_again(
    replays: Replays, reject_ids: Iterable[str], actor: str, progress: Callable[[int], None]
) -> Iterator[Tried]:
    for number, reject_id in enumerate(reject_ids, 1):
        try:
            outcomes = replays.replay(reject_id, actor=actor)
        except CallerError as error:
            outcomes = [error]
        yield from (Tried(reject_id, outcome) for outcome in outcomes)
        progress(number)


def _leave(outcomes: Iterable[Outcome]) -> None:
    errors = [outcome for outcome in outcomes if isinstance(outcome, UsageServiceError)]
    if errors:
        raise typer.Exit(1 if any(isinstance(error, ServiceError) for error in errors) else 2)


def _row(kept: KeptReject) -> dict[str, Any]:
    reject = kept.reject
    return {
        "reject_id": kept.reject_id,
        "rejected_at": kept.rejected_at,
        "source": reject.source,
        "message_id": reject.message_id,
        "field": reject.field,
        "reason": reject.reason,
        "body_bytes": kept.body_bytes,
        "replayed": kept.replayed,
    }


def _in_full(kept: KeptReject) -> dict[str, Any]:
    reject = kept.reject
    return {
        **_row(kept),
        "content_type": reject.content_type,
        "caller_address": reject.caller_address,
        "principal": reject.principal,
        "complete": kept.complete,
        **_body(reject.body),
    }


def _body(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}
