"""Writes the files that repeat what is said elsewhere: `make schema`. A test fails while one of them differs.

A table is stated once in each dialect's migrations. The schema files are the sum of the migrations, word for word, so
that headings, comments and the questions of indices stay beside what they explain; tests build both databases from
either and compare them. The data dictionary comes from the comments at the columns; entries of the event catalog from
the fields of a system; docs/catalog.md from the event catalog.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from usage_service.catalog import load
from usage_service.catalog.document import render
from usage_service.registry import catalog_files
from usage_service.systems.pexip.fields import CONFERENCE, PARTICIPANT, Reported

ROOT = Path(__file__).parent.parent
DIALECTS = ("sqlite", "postgresql")

OPENINGS = {
    "sqlite": """\
-- The whole schema of the usage service on SQLite, as it is after every migration: read it here, or apply it to an
-- empty file instead of `usage-service db init`:
--
--     sqlite3 usage.db < sql/sqlite/schema.sql
--
-- Written by `make schema` from migrations/.
""",
    "postgresql": """\
-- The whole schema of the usage service on PostgreSQL, as it is after every migration: read it here, or apply it to an
-- empty database instead of `usage-service db init`:
--
--     psql -v ON_ERROR_STOP=1 --single-transaction -f sql/postgresql/schema.sql usage
--
-- The database's encoding must be UTF8.
-- Written by `make schema` from migrations/.
""",
}
CLOSING = """\
-- ---------------------------------------------------------------------------------------------------------------
-- Which migration the schema is at; the service refuses to start on any other.
-- ---------------------------------------------------------------------------------------------------------------
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,  -- number of the last migration
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO alembic_version (version_num) VALUES ('{head}');
"""

_CREATE = re.compile(r"CREATE (OR REPLACE )?(?:UNIQUE )?(TABLE|INDEX|VIEW|FUNCTION|TRIGGER) (\w+)")
_DROP = re.compile(r"DROP (TABLE|INDEX|VIEW|FUNCTION|TRIGGER) (\w+)")
_ADD_COLUMN = re.compile(r"ALTER TABLE (\w+) ADD COLUMN (\w+ [^;]*);(  -- [^\n]*)?\n")
_BEHIND_COLUMNS = re.compile(r"    (CONSTRAINT|PRIMARY KEY|UNIQUE|CHECK)\b|\)")


class Statement(NamedTuple):
    """A statement of a migration, with the comments before it."""

    comments: str
    text: str


def statements(script: str) -> Iterator[Statement]:
    """The statements of an SQL text. A line ends one where the database says so, outside a function's body."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending) and pending.count("$$") % 2 == 0:
            comments = re.match(r"(?:--[^\n]*\n|\n)*", pending)
            assert comments is not None
            yield Statement(comments.group().lstrip("\n"), pending[comments.end() :])
            pending = ""
    if re.sub(r"--[^\n]*", "", pending).strip():
        raise ValueError(f"a statement without an end: {pending.strip()}")


def schema(dialect: str) -> str:
    """The schema file of a database."""
    migrations = sorted((ROOT / "sql" / dialect / "migrations").glob("*.sql"))
    body = added_up(path.read_text(encoding="utf-8") for path in migrations)
    return f"{OPENINGS[dialect]}\n{body}\n{CLOSING.format(head=migrations[-1].name[:4])}"


def added_up(scripts: Iterable[str]) -> str:
    """What migrations come to.

    What is dropped goes, what is created again stands where it is created last, what is replaced and columns that are
    added stand where the first statement was. Raises `ValueError` for a statement that it cannot add up.
    """
    parts: dict[str, Statement] = {}
    for script in scripts:
        for statement in statements(script):
            _apply(statement, parts)
    return "\n".join(comments + text for comments, text in parts.values())


def _apply(statement: Statement, parts: dict[str, Statement]) -> None:
    comments, text = statement
    if created := _CREATE.match(text):
        replaced, kind, name = created.groups()
        key = f"{kind} {name}"
        if key in parts and not replaced:
            raise ValueError(f"{key} is created twice")
        if replaced:  # under the heading it stands under, not under that of its migration
            heading = _heading(parts[key]) if key in parts else ""
            comments, text = heading + comments.rpartition("\n\n")[2], text.replace("OR REPLACE ", "", 1)
        parts[key] = Statement(comments, text)
    elif dropped := _DROP.match(text):
        _drop(" ".join(dropped.groups()), parts)
        for key in [key for key, part in parts.items() if _is_index_of(part.text, dropped.group(2))]:
            _drop(key, parts)
    elif added := _ADD_COLUMN.fullmatch(text):
        table, column, meaning = added.groups()
        parts[f"TABLE {table}"] = _with_column(parts[f"TABLE {table}"], column, meaning or "")
    elif text.startswith("INSERT "):
        parts[text] = statement
    else:
        raise ValueError(f"a statement that cannot be added up: {text}")


def _drop(key: str, parts: dict[str, Statement]) -> None:
    """Take a statement out; the heading of a section that it began goes to the next one."""
    keys = list(parts)
    behind = keys[keys.index(key) + 1 :][:1]
    heading = _heading(parts.pop(key))
    for after in behind:
        parts[after] = Statement(heading + parts[after].comments, parts[after].text)


def _heading(part: Statement) -> str:
    """The comments before a statement that are of more than the statement."""
    before, gap, _ = part.comments.rpartition("\n\n")
    return before + gap


def _is_index_of(text: str, table: str) -> bool:
    return re.match(rf"CREATE (?:UNIQUE )?(?:INDEX|TRIGGER) [^;]*? ON {table}\b", text) is not None


def _with_column(table: Statement, column: str, meaning: str) -> Statement:
    """The table with one more column: before its constraints, behind its last column."""
    lines = table.text.splitlines()
    place = next(number for number, line in enumerate(lines) if _BEHIND_COLUMNS.match(line))
    comma = "" if lines[place].startswith(")") else ","
    if not comma:
        definition, dashes, said = lines[place - 1].partition("  -- ")
        lines[place - 1] = f"{definition.rstrip()},{dashes}{said}"
    lines.insert(place, f"    {column}{comma}{meaning}")
    return Statement(table.comments, "\n".join(lines) + "\n")


_TABLE = re.compile(r"^CREATE TABLE (\w+) \(\n(.*?)\n\)", re.DOTALL | re.MULTILINE)
_COLUMN = re.compile(r"^    ([a-z0-9_]+) +(.*?),? *(?:-- (.*))?$", re.MULTILINE)
_VIEW = re.compile(r"^CREATE VIEW (\w+) AS\n(.*?);$", re.DOTALL | re.MULTILINE)
_VIEW_COLUMN = re.compile(r" AS (\w+),?  -- (.*)$", re.MULTILINE)
DICTIONARY = "## Data dictionary\n"


class Column(NamedTuple):
    """A column as a schema file states it."""

    place: str  # table or view
    name: str
    kind: str
    meaning: str


def columns(schema_text: str) -> list[Column]:
    """Every column of every table, and those of views that say what they mean."""
    of_tables = [
        Column(table, name, _kind(definition), meaning)
        for table, body in _TABLE.findall(schema_text)
        for name, definition, meaning in _COLUMN.findall(body)
    ]
    of_views = [
        Column(view, name, "", meaning)
        for view, body in _VIEW.findall(schema_text)
        for name, meaning in _VIEW_COLUMN.findall(body)
    ]
    return of_tables + of_views


def _kind(definition: str) -> str:
    return re.sub(r" +(DEFAULT .*|COLLATE \S+)", "", " ".join(definition.split()).replace(' COLLATE "C"', ""))


def readme() -> str:
    """sql/README.md: what it says by hand, then the dictionary, one table for each table and view."""
    introduction = (ROOT / "sql" / "README.md").read_text(encoding="utf-8").partition(DICTIONARY)[0]
    kinds = {(column.place, column.name): column.kind for column in columns(schema("sqlite"))}
    lines, place = [f"{DICTIONARY}\n<!-- Written by `make schema` from the comments of the migrations. -->"], ""
    for column in columns(schema("postgresql")):
        if column.place != place:
            place = column.place
            lines += ["", f"### `{place}`", "", "| column | PostgreSQL | SQLite | meaning |", "|---|---|---|---|"]
        on_sqlite = kinds.get((place, column.name), "-")
        lines.append(f"| `{column.name}` | {column.kind} | {on_sqlite} | {column.meaning} |")
    return introduction + "\n".join(lines) + "\n"


CATALOG_MARK = "# What the platform reports, written by `make schema` from fields.py.\n"


def catalog_file(path: Path, fields: Iterable[Reported]) -> str:
    """A file of the event catalog: what it says by hand, then the properties that show reported fields."""
    by_hand = path.read_text(encoding="utf-8").partition(CATALOG_MARK)[0]
    return by_hand + CATALOG_MARK + "".join(_catalog_entry(line) for line in fields if line.property_name)


def _catalog_entry(line: Reported) -> str:
    role = f'role = "{line.role}"\n' if line.role else ""
    return f'\n[property.{line.property_name}]\ndescription = "{line.meaning}"\n{role}'


PEXIP = ROOT / "usage_service" / "systems" / "pexip"

GENERATED: dict[Path, Callable[[], str]] = {
    **{ROOT / "sql" / dialect / "schema.sql": partial(schema, dialect) for dialect in DIALECTS},
    ROOT / "sql" / "README.md": readme,
    **{
        path: partial(catalog_file, path, fields)
        for path, fields in (
            (PEXIP / "pexip_participant.toml", PARTICIPANT),
            (PEXIP / "pexip_conference.toml", CONFERENCE),
        )
    },
    ROOT / "docs" / "catalog.md": lambda: render(load(of_systems=catalog_files())),
}
"""What makes the text of each generated file; later ones read earlier ones."""


if __name__ == "__main__":
    for generated, text_of in GENERATED.items():
        generated.write_text(text_of(), encoding="utf-8")
