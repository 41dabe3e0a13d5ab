"""The data dictionary leaves no column out."""

from sqlalchemy import text

from sql.generate import columns, schema
from usage_service.ledger.tables import metadata


def test_every_table_column_has_meaning():
    for dialect in ("sqlite", "postgresql"):
        without = [f"{column.place}.{column.name}" for column in columns(schema(dialect)) if not column.meaning]
        assert without == []


def test_both_databases_share_column_meanings():
    on_sqlite, on_postgresql = (
        {(column.place, column.name): column.meaning for column in columns(schema(dialect))}
        for dialect in ("sqlite", "postgresql")
    )
    assert on_sqlite == on_postgresql


def test_dictionary_covers_all_tables_and_columns(database):
    catalog = {
        "sqlite": """SELECT m.name, c.name FROM sqlite_master m
            JOIN pragma_table_info(m.name) c WHERE m.type = 'table'""",
        "postgresql": """SELECT c.table_name, c.column_name FROM information_schema.columns c
            JOIN information_schema.tables t USING (table_schema, table_name)
            WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'""",
    }[database.dialect]
    with database.connect() as connection:
        there = {tuple(row) for row in connection.execute(text(catalog))}
    stated = {(column.place, column.name) for column in columns(schema(database.dialect))}
    assert there - stated == set()
    assert {column.place for column in columns(schema(database.dialect))} >= set(metadata.tables)


def test_every_column_of_usagerecords_is_told():
    stated = [column.name for column in columns(schema("sqlite")) if column.place == "usagerecords"]
    nine = "recordid segment globalid service host eventtype recordtime statuscode servicedata"
    assert " ".join(stated) == f"{nine} recordtime_ms"
