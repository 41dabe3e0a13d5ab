"""Making entries for the callers file."""

import json
from typing import Annotated

import typer

from usage_service.auth.passwords import PasswordHash


def caller(
    name: Annotated[str, typer.Argument(help="Name that the caller authenticates with.")],
    services: Annotated[
        list[str] | None,
        typer.Option(
            "--service", metavar="PATTERN", help="Services it may write for, for example 'PX21_*'; may repeat."
        ),
    ] = None,
    password: Annotated[
        str,
        typer.Option(prompt=True, confirmation_prompt=True, hide_input=True, help="Asked for when not given."),
    ] = "",
) -> None:
    """Print the lines for one caller of the callers file; only a hash of the password is printed.

    Example: usage-service caller gateway --service 'PX21_*' >> callers.toml
    """
    typer.echo(f"[callers.{json.dumps(name, ensure_ascii=False)}]")
    typer.echo(f'password = "{PasswordHash.of(password)}"')
    typer.echo(f"services = {json.dumps(services or ['*'], ensure_ascii=False)}")
