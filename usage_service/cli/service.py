"""What the service runs with: its contracts and its settings."""

from pathlib import Path
from typing import Annotated

import typer

from usage_service.cli.context import settings_of
from usage_service.cli.printing import Format, print_rows
from usage_service.errors import NotFound
from usage_service.soap.endpoints import document_address
from usage_service.soap.schema import contract_folder, served_contract


def wsdl(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Which contract.")] = "UsageRecord",
    save: Annotated[Path | None, typer.Option(help="Write every contract file into this folder instead.")] = None,
) -> None:
    """Print a contract as it is served, with the configured address."""
    settings = settings_of(context).settings
    files = {file.stem: file for file in contract_folder(settings.wsdl_folder).glob("*.wsdl")}
    if save is not None:
        save.mkdir(parents=True, exist_ok=True)
        for file in files.values():
            (save / file.name).write_bytes(served_contract(file, document_address(settings, file)))
            typer.echo(save / file.name)
    elif name in files:
        typer.echo(served_contract(files[name], document_address(settings, files[name])).decode(), nl=False)
    else:
        raise NotFound("contract", f"{name}; there are {', '.join(sorted(files))}")


def config(
    context: typer.Context,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """Show every setting in force and where it came from; passwords and tokens are hidden."""
    rows = [
        {"setting": item.name, "value": item.shown, "from": item.origin, "meaning": item.help}
        for item in settings_of(context).in_force
    ]
    print_rows(rows, ["setting", "value", "from", "meaning"], form)
