"""What a database says about its own schema, so that two can be compared. Comments and layout are left out."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, text

from usage_service.database.database import Database


class Described(NamedTuple):
    """One thing in a schema: what it is, its name, and all that the database says about it."""

    kind: str
    name: str
    definition: str


POSTGRESQL = """
SELECT 'column', c.relname || '.' || a.attname,
       concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), 'COLLATE ' || l.collname)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
  AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT 'view', viewname, definition FROM pg_views WHERE schemaname = 'public'
UNION ALL
SELECT 'function', proname || '(' || pg_get_function_identity_arguments(oid) || ')', pg_get_functiondef(oid)
FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL
SELECT 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'partitioning', c.relname, pg_get_partkeydef(c.oid)
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'p'
UNION ALL
SELECT 'type', t.typname, array_agg(e.enumlabel ORDER BY e.enumsortorder)::text
FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY t.typname
"""


def described(database: Database) -> set[Described]:
    """Everything in a database's schema. The order of columns does not count: a migration can only add at the end."""
    with database.connect() as connection:
        found = _sqlite(connection) if database.dialect == "sqlite" else _postgresql(connection)
        return {Described(kind, name, _condensed(definition)) for kind, name, definition in found}


def _postgresql(connection: Connection) -> Iterator[tuple[str, str, str]]:
    yield from map(tuple, connection.execute(text(POSTGRESQL)))


def _sqlite(connection: Connection) -> Iterator[tuple[str, str, str]]:
    things = connection.execute(text("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    for kind, name, definition in things.all():
        if kind == "table":
            yield from _sqlite_table(connection, name, _condensed(definition))
        else:
            yield kind, name, definition


def _sqlite_table(connection: Connection, name: str, definition: str) -> Iterator[tuple[str, str, str]]:
    for column in connection.execute(text(f"PRAGMA table_xinfo({name})")):
        yield "column", f"{name}.{column.name}", f"{column.type} {column.notnull} {column.dflt_value} {column.hidden}"
    body, _, options = definition.partition("(")[2].rpartition(")")
    yield "table", name, options
    for item in _items(body):
        if constraint := re.search(r"\b(CONSTRAINT|PRIMARY KEY|UNIQUE|CHECK|REFERENCES)\b.*", item, re.IGNORECASE):
            yield "constraint", f"{name}.{constraint.group()}", ""


def _items(body: str) -> list[str]:
    """Split a CREATE TABLE's body at its top-level commas."""
    items, depth = [""], 0
    for character in body:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            items.append("")
        else:
            items[-1] += character
    return items


def _condensed(definition: str) -> str:
    without_comments = re.sub(r"--[^\n]*", "", definition)
    return re.sub(r"\s*([(),])\s*", r"\1", " ".join(without_comments.replace('"', "").split()))
