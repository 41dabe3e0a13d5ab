"""One schema, stated three times: the schema file = all migrations applied = what the code uses."""

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite

from tests.database.catalogs import described
from tests.recording import open_writer, stored_records
from tests.usage_records import record_of
from usage_service.database.database import Database, open_database
from usage_service.database.migrations.script import run_statements
from usage_service.database.schema import require_schema, schema_status, upgrade_schema
from usage_service.errors import ConfigurationError
from usage_service.ledger.tables import metadata
from usage_service.shipped import shipped

DIALECTS = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}


@pytest.fixture
def by_schema_file(request, empty_database: Database, tmp_path):
    """A second database of the same kind, made by the schema file alone."""
    dialect = empty_database.dialect
    if dialect == "sqlite":
        database = open_database(f"sqlite:///{tmp_path}/by_schema_file.db")
    else:
        server = request.getfixturevalue("postgresql_server")
        database = open_database(server.create_database("by_schema_file"))
    script = shipped("sql", dialect, "schema.sql").read_text(encoding="utf-8")
    with database.transaction() as connection:
        run_statements(connection, script)
    yield database
    database.close()
    if dialect == "postgresql":
        server.drop_database("by_schema_file")


def test_schema_file_equals_all_migrations(database, by_schema_file):
    assert sorted(described(by_schema_file) ^ described(database)) == []


def test_service_accepts_database_from_schema_file(by_schema_file):
    require_schema(by_schema_file)
    writer = open_writer(by_schema_file)
    writer.write([record_of(("NAME", "value"))])
    writer.close()
    assert len(stored_records(by_schema_file)) == 1


def affinity(kind: str) -> str:
    """What SQLite makes of a declared type (Datatypes In SQLite, section 3.1)."""
    kind = kind.upper()
    if "INT" in kind or kind == "BOOLEAN":  # SQLite's booleans are the integers 0 and 1
        return "INTEGER"
    if any(name in kind for name in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    return "BLOB" if "BLOB" in kind else "NUMERIC"


COLUMNS = {
    "sqlite": 'SELECT name, type, "notnull" FROM pragma_table_info(:name)',
    "postgresql": """
        SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
        WHERE attrelid = to_regclass(:name) AND attnum > 0 AND NOT attisdropped""",
}


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_code_uses_exactly_existing_columns(database, table):
    dialect = database.dialect
    with database.connect() as connection:
        rows = connection.execute(text(COLUMNS[dialect]), {"name": table.name}).all()
    spell = affinity if dialect == "sqlite" else str.lower
    there = {(name, spell(kind), bool(required)) for name, kind, required in rows}
    used = {
        (column.name, spell(column.type.compile(DIALECTS[dialect])), not column.nullable) for column in table.columns
    }
    assert used == there


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_code_names_primary_key_like_schema(database, table):
    key = table.primary_key
    columns = ",".join(column.name for column in key.columns)
    constraints = [
        thing for thing in described(database) if thing.kind == "constraint" and thing.name.startswith(f"{table.name}.")
    ]
    keys = [thing for thing in constraints if "PRIMARY KEY" in f"{thing.name} {thing.definition}"]
    assert [str(key.name) in thing.name and f"({columns})" in "".join(thing) for thing in keys] == [True] * bool(
        columns
    )


def test_upgrading_twice_is_upgrading_once(database):
    before = described(database)
    assert upgrade_schema(database).ready
    assert described(database) == before


def test_empty_database_rejected_with_command_hint(empty_database):
    status = schema_status(empty_database)
    assert (status.current, status.ready, bool(status.pending)) == (None, False, True)
    with pytest.raises(ConfigurationError, match="run `usage-service db upgrade`"):
        require_schema(empty_database)


def test_newer_schema_version_is_rejected(database):
    with database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="migration 9999, which this version does not know"):
        require_schema(database)


def test_failed_migration_leaves_nothing_behind(empty_database):
    with empty_database.transaction() as connection:
        connection.execute(text("CREATE TABLE usage_property (in_the_way integer)"))
    before = described(empty_database)
    with pytest.raises(Exception, match="database"):
        upgrade_schema(empty_database)
    assert {thing for thing in described(empty_database) if "alembic_version" not in thing.name} == before
