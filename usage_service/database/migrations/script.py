"""Runs a migration's SQL text, which lies in `sql/<database>/migrations/` where a DBA can read it or apply it."""

import sqlite3

from alembic import op
from sqlalchemy import Connection

from usage_service.shipped import shipped


def run_script(name: str) -> None:
    """Run `sql/<database>/migrations/<name>` on the connection of the running migration."""
    connection = op.get_bind()
    script = shipped("sql", connection.dialect.name, "migrations", name).read_text(encoding="utf-8")
    run_statements(connection, script)


def run_statements(connection: Connection, script: str) -> None:
    """Run every statement of an SQL text."""
    if connection.dialect.name == "sqlite":
        for statement in _sqlite_statements(script):
            connection.exec_driver_sql(statement)
    else:
        connection.exec_driver_sql(script.replace("%", "%%"))


def _sqlite_statements(script: str) -> list[str]:
    """Split at the line ends where SQLite's own parser says a statement is complete."""
    statements, pending = [], ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            statements.append(pending)
            pending = ""
    return statements
