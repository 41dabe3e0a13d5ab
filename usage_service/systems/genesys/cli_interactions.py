"""Interactions across servers and systems from the command line."""

from enum import StrEnum
from typing import Annotated

import typer

from usage_service.cli.context import opened_store, settings_of
from usage_service.cli.printing import Format, print_rows
from usage_service.systems.genesys.store import InteractionRow
from usage_service.systems.genesys.system import open_interactions
from usage_service.systems.genesys.trace import to_json, to_text
from usage_service.systems.genesys.trace_drawing import to_dot, to_svg
from usage_service.systems.genesys.tracing import Trace

interactions_app = typer.Typer(help="Find and trace customer interactions across servers.", no_args_is_help=True)


class Drawing(StrEnum):
    """How an interaction is shown."""

    TEXT = "text"
    DOT = "dot"
    JSON = "json"
    SVG = "svg"


RENDERERS = {Drawing.TEXT: to_text, Drawing.DOT: to_dot, Drawing.JSON: to_json, Drawing.SVG: to_svg}


@interactions_app.command()
def show(
    context: typer.Context,
    identifier: Annotated[
        str, typer.Argument(metavar="ID", help="A CallUUID, link id, ConnID or, by a rule, an id of another system.")
    ],
    form: Annotated[Drawing, typer.Option("--format", help="How to show it.")] = Drawing.TEXT,
) -> None:
    """Show the whole path of an interaction, with what other systems recorded of it.

    Example: usage-service interactions show 01AE904GK088LFQD2CGB02LAES0000EP --format svg > path.svg
    """
    with opened_store(context) as database:
        traces = open_interactions(settings_of(context).settings, database).traces(identifier)
    typer.echo("\n".join(_rendered(trace, form) for trace in traces), nl=False)
    if len(traces) > 1:
        typer.echo(f"{len(traces)} interactions are known as {identifier}", err=True)


@interactions_app.command("list")
def list_interactions(
    context: typer.Context,
    final: Annotated[bool | None, typer.Option("--final/--open", help="Only final, or only open ones.")] = None,
    problems: Annotated[bool, typer.Option("--problems", help="Only those with contradictory reports.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most interactions to print.")] = 100,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """List interactions, those that started last first."""
    with opened_store(context) as database:
        found = open_interactions(settings_of(context).settings, database).latest(
            final=final, problems_only=problems, limit=limit
        )
    print_rows([row._asdict() for row in found], InteractionRow._fields, form)


def _rendered(trace: Trace, form: Drawing) -> str:
    return RENDERERS[form](trace.interaction, trace.related)
