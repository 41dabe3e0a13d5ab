"""The event catalog from the command line."""

from typing import Annotated

import typer

from usage_service import catalog
from usage_service.cli.context import catalog_of_systems, settings_of
from usage_service.cli.printing import Format, print_json, print_rows
from usage_service.ledger.system import load_catalog

catalog_app = typer.Typer(help="List and explain the known services, event types, codes and properties.")


@catalog_app.callback(invoke_without_command=True)
def overview(context: typer.Context) -> None:
    """Without a command: list the services."""
    if context.invoked_subcommand is None:
        list_services(context)


@catalog_app.command("list")
def list_services(
    context: typer.Context,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """List every service of the catalog."""
    rows = [dict(row) for row in catalog.summaries(_catalog(context))]
    print_rows(rows, list(rows[0]), form)


@catalog_app.command()
def explain(
    context: typer.Context,
    service: Annotated[str, typer.Argument(help="A service id, for example PX21_CN_IMS.")],
) -> None:
    """Say all that is known about one service, as JSON."""
    print_json(catalog.explain(_catalog(context), service), indent=2)


def _catalog(context: typer.Context) -> catalog.Catalog:
    return load_catalog(settings_of(context).settings, catalog_of_systems(context))
