"""Files that repeat what is said elsewhere are the ones that `make schema` writes."""

import sqlite3

import pytest

from sql.generate import GENERATED, ROOT, added_up

FIRST = """\
-- What the first migration is for.

-- Things; a comment with a ; in it.
CREATE TABLE thing (
    id   INTEGER NOT NULL,  -- its number
    name TEXT    NOT NULL,  -- its name
    CONSTRAINT thing_pk PRIMARY KEY (id)
);

-- Which things have this name?
CREATE INDEX thing_by_name ON thing (name);

-- Parts of things.
CREATE TABLE part (
    id INTEGER NOT NULL  -- the thing
);

-- Views and more.

-- Things by name.
CREATE VIEW named AS
SELECT name FROM thing;
CREATE TABLE gone (id INTEGER);
CREATE INDEX gone_by_id ON gone (id);
CREATE TABLE last (id INTEGER);
"""
SECOND = """\
-- What the second migration is for.

ALTER TABLE thing ADD COLUMN colour TEXT;  -- its colour
ALTER TABLE part ADD COLUMN size INTEGER;  -- in millimetres
DROP TABLE gone;
DROP VIEW named;

-- Things by name and colour.
CREATE VIEW named AS
SELECT name, colour FROM thing;
"""


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: str(path.relative_to(ROOT)))
def test_generated_file_is_up_to_date(path):
    assert path.read_text(encoding="utf-8") == GENERATED[path](), "run `make schema`"


def test_migrations_add_up_to_their_schema():
    assert columns_after(FIRST + SECOND) == columns_after(added_up([FIRST, SECOND]))


def columns_after(script: str) -> list[tuple[str, ...]]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(script)
    return connection.execute(
        "SELECT m.type, m.name, c.name, c.type, c.pk FROM sqlite_master m"
        " LEFT JOIN pragma_table_info(m.name) c ORDER BY m.name, c.cid"
    ).fetchall()


def test_an_added_column_keeps_its_meaning():
    schema = added_up([FIRST, SECOND])
    assert "    colour TEXT,  -- its colour\n    CONSTRAINT thing_pk" in schema
    assert "    id INTEGER NOT NULL,  -- the thing\n    size INTEGER  -- in millimetres\n);" in schema


def test_a_view_created_again_stands_last():
    schema = added_up([FIRST, SECOND])
    assert schema.endswith("-- Things by name and colour.\nCREATE VIEW named AS\nSELECT name, colour FROM thing;\n")
    assert schema.count("CREATE VIEW named") == schema.count("-- Views and more.") == 1


def test_replaced_view_keeps_its_position():
    replaced = "-- Why.\n\n-- Things.\nCREATE OR REPLACE VIEW named AS\nSELECT id FROM thing;\n"
    schema = added_up([FIRST, replaced])
    assert "-- Views and more.\n\n-- Things.\nCREATE VIEW named AS\nSELECT id FROM thing;" in schema
    assert schema.index("CREATE VIEW named") < schema.index("CREATE TABLE gone")
    assert "Why." not in schema


def test_unsupported_migration_statement_is_rejected():
    with pytest.raises(ValueError, match="cannot be added up: UPDATE"):
        added_up(["UPDATE thing SET id = 1;\n"])
