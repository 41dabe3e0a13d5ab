"""The database's schema from the command line."""

import typer

from usage_service.cli.context import settings_of
from usage_service.database.database import Database, open_database
from usage_service.database.schema import SchemaStatus, schema_status, upgrade_schema

database_app = typer.Typer(help="Create and upgrade the database schema.", no_args_is_help=True)


@database_app.command()
def init(context: typer.Context) -> None:
    """Create the tables in an empty database (the same as upgrade)."""
    upgrade(context)


@database_app.command()
def upgrade(context: typer.Context) -> None:
    """Bring the schema to what this version needs."""
    _print(upgrade_schema(_database(context)))


@database_app.command()
def status(context: typer.Context) -> None:
    """Say which migration the database is at; exit code 1 when it needs an upgrade."""
    found = schema_status(_database(context))
    _print(found)
    if not found.ready:
        raise typer.Exit(1)


def _database(context: typer.Context) -> Database:
    return open_database(settings_of(context).settings.database)


def _print(found: SchemaStatus) -> None:
    typer.echo(f"schema: {found.current or 'empty'}, needed: {found.needed}")
    for step in found.pending:
        typer.echo(f"pending: {step}")
