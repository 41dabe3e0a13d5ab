"""The data dictionary of sql/README.md, made of the comments in the schema files.

Rewrite it with `python -m tests.database.data_dictionary`.
"""

import re
from typing import NamedTuple

from usage_service.shipped import shipped

README = shipped("sql", "README.md")
HEADING = "## Data dictionary\n"

_TABLE = re.compile(r"^CREATE TABLE (\w+) \(\n(.*?)\n\)", re.DOTALL | re.MULTILINE)
_COLUMN = re.compile(r"^    ([a-z0-9_]+) +(.*?),? *(?:-- (.*))?$", re.MULTILINE)
_VIEW = re.compile(r"^CREATE VIEW (\w+) AS\n(.*?);$", re.DOTALL | re.MULTILINE)
_VIEW_COLUMN = re.compile(r" AS (\w+),?  -- (.*)$", re.MULTILINE)


class Column(NamedTuple):
    """A column as a schema file tells it."""

    place: str  # table or view
    name: str
    kind: str
    meaning: str


def schema_text(dialect: str) -> str:
    """The schema file of a database."""
    return shipped("sql", dialect, "schema.sql").read_text(encoding="utf-8")


def columns(schema: str) -> list[Column]:
    """Every column of every table, and those of views that say what they mean."""
    of_tables = [
        Column(table, name, _kind(definition), meaning)
        for table, body in _TABLE.findall(schema)
        for name, definition, meaning in _COLUMN.findall(body)
    ]
    of_views = [
        Column(view, name, "", meaning)
        for view, body in _VIEW.findall(schema)
        for name, meaning in _VIEW_COLUMN.findall(body)
    ]
    return of_tables + of_views


def _kind(definition: str) -> str:
    return re.sub(r" +(DEFAULT .*|COLLATE \S+)", "", " ".join(definition.split()).replace(' COLLATE "C"', ""))


def dictionary() -> str:
    """The dictionary as Markdown: one table for each table and view."""
    kinds = {(column.place, column.name): column.kind for column in columns(schema_text("sqlite"))}
    lines, place = [HEADING], ""
    for column in columns(schema_text("postgresql")):
        if column.place != place:
            place = column.place
            lines += ["", f"### `{place}`", "", "| column | PostgreSQL | SQLite | meaning |", "|---|---|---|---|"]
        on_sqlite = kinds.get((place, column.name), "-")
        lines.append(f"| `{column.name}` | {column.kind} | {on_sqlite} | {column.meaning} |")
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


if __name__ == "__main__":
    introduction = README.read_text(encoding="utf-8").partition(HEADING)[0]
    README.write_text(introduction + dictionary(), encoding="utf-8")
