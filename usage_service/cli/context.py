"""What the root command hands to every other: where settings come from, and the store they name."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from usage_service.database.database import Database
from usage_service.ledger.system import open_store
from usage_service.settings import LoadedSettings, load_settings


@dataclass(slots=True)
class State:
    """The root command's options, and what the optional systems add: groups of settings, files of the event catalog."""

    config_file: str | None
    options: dict[str, Any]
    groups: Mapping[str, type[Any]]
    catalog_of_systems: Sequence[Path]

    def load(self, **more: Any) -> LoadedSettings:
        """The settings in force, with a command's own options on top."""
        return load_settings({**self.options, **more}, groups=self.groups, file=self.config_file)


def settings_of(context: typer.Context, **more: Any) -> LoadedSettings:
    """The settings in force for this command."""
    state: State = context.obj
    return state.load(**more)


def catalog_of_systems(context: typer.Context) -> Sequence[Path]:
    """The files that the optional systems add to the event catalog."""
    state: State = context.obj
    return state.catalog_of_systems


@contextmanager
def opened_store(context: typer.Context) -> Iterator[Database]:
    """The configured database, closed afterwards."""
    database = open_store(settings_of(context).settings)
    try:
        yield database
    finally:
        database.close()
