"""The schema's life: created and upgraded by migrations, and refused when it is not the one this code knows."""

from dataclasses import dataclass

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from usage_service.database.database import Database
from usage_service.errors import ConfigurationError

MIGRATIONS = "usage_service.database:migrations"


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """Which migration the database is at, which one the code needs, and what lies between."""

    current: str | None
    needed: str
    pending: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether the service can run on this schema."""
        return self.current == self.needed


def schema_status(database: Database) -> SchemaStatus:
    """How far the database's schema is."""
    scripts = ScriptDirectory.from_config(_config())
    with database.connect() as connection:
        current = _known_revision(connection, scripts)
    needed = scripts.get_current_head() or ""
    pending = list(scripts.iterate_revisions(needed, current)) if current != needed else []
    return SchemaStatus(current, needed, tuple(f"{s.revision} {s.doc}" for s in reversed(pending)))


def upgrade_schema(database: Database) -> SchemaStatus:
    """Bring the schema to what this code needs; does nothing when it is there already."""
    config = _config()
    with database.transaction() as connection:
        _known_revision(connection, ScriptDirectory.from_config(config))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return schema_status(database)


def require_schema(database: Database) -> None:
    """Raise `ConfigurationError`, saying what to type, unless the schema is the needed one."""
    status = schema_status(database)
    if not status.ready:
        raise ConfigurationError(
            f"the database schema is at {status.current or 'nothing'}, this version needs {status.needed}: "
            "run `usage-service db upgrade`"
        )


def _known_revision(connection: Connection, scripts: ScriptDirectory) -> str | None:
    """The migration that the database is at; raises `ConfigurationError` where a newer version has upgraded it."""
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise ConfigurationError(
            f"the database is at migration {current}, which this version does not know: "
            "install the version of usage-service that upgraded it, or a later one"
        )
    return current


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    return config
