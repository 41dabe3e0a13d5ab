"""Bulk SQL: the same few statements for one row or for a hundred thousand, on SQLite and on PostgreSQL.

Databases limit the parameters of a statement, so values go in chunks. PostgreSQL takes the rows of an INSERT as one
array for each column, so that it is one statement and one round trip whatever their number. Rows are mappings of column
names to values; all rows of a call name the same columns.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    CursorResult,
    Executable,
    Table,
    any_,
    bindparam,
    cast,
    delete,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

CHUNK = 5_000
"""Most values in one statement: SQLite takes 32,766 parameters, and a value may be a pair."""

Row = Mapping[str, Any]
Value = TypeVar("Value")


def chunks(values: Iterable[Value]) -> Iterator[list[Value]]:
    """These values in lists of a length that a statement can take, in their order."""
    rest = iter(values)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def among(connection: Connection, column: Column[str], chunk: Sequence[str]) -> ColumnElement[bool]:
    """Whether a column has one of these values: one parameter where a database takes arrays, else one for each."""
    if connection.dialect.name != "postgresql":
        return column.in_(chunk)
    array = postgresql.ARRAY(column.type)
    return column == any_(cast(literal(list(chunk), array), array))


def delete_among(connection: Connection, column: Column[str], values: Iterable[str]) -> None:
    """Delete the rows whose column has one of these values."""
    for chunk in chunks(values):
        connection.execute(delete(column.table).where(among(connection, column, chunk)))


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows; the database refuses all of them when it refuses one."""
    if rows:
        _execute(connection, _insert(connection.dialect.name, table, tuple(rows[0])), rows)


def insert_new_rows(connection: Connection, table: Table, rows: Sequence[Row], key: str) -> set[Any]:
    """Insert rows unless a unique constraint has one already; returns the `key` column of those inserted.

    The database judges what is known, not a look-up before.
    """
    if not rows:
        return set()
    statement = _insert_new(connection.dialect.name, table, tuple(rows[0]), key)
    return set(_execute(connection, statement, rows).scalars())


def insert_new_row(connection: Connection, table: Table, row: Row) -> bool:
    """The same for one row: whether it was inserted."""
    return bool(insert_new_rows(connection, table, [row], table.columns.keys()[0]))


def upsert_rows(
    connection: Connection,
    table: Table,
    rows: Sequence[Row],
    replaced: Collection[str] | None = None,
    *,
    counted: str | None = None,
    returned: Sequence[str] = (),
) -> list[Any]:
    """Insert rows, or change those whose primary key is there; of several rows with the same key the last one counts.

    What is there takes the new values of the `replaced` columns (None: of all but the key; none of them: it stays as it
    is), and its `counted` column goes up by one. Returns the `returned` columns of all these rows.
    """
    if not rows:
        return []
    key = table.primary_key.columns.keys()
    last = {tuple(row[name] for name in key): row for row in rows}  # one statement may not change a row twice
    new = None if replaced is None else tuple(replaced)
    dialect = connection.dialect.name
    statement = _upsert(dialect, table, tuple(rows[0]), replaced=new, counted=counted, returned=tuple(returned))
    result = _execute(connection, statement, list(last.values()))
    return list(result.all()) if returned else []


def _execute(connection: Connection, statement: Executable, rows: Sequence[Row]) -> CursorResult[Any]:
    if connection.dialect.name != "postgresql":
        return connection.execute(statement, rows)
    return connection.execute(statement, {name: [row[name] for row in rows] for name in rows[0]})


@cache
def _insert(dialect: str, table: Table, names: tuple[str, ...]) -> postgresql.Insert | sqlite.Insert:
    """Built once: SQLAlchemy spends more on building a statement than on running it."""
    if dialect != "postgresql":
        return sqlite.insert(table)
    arrays = [cast(bindparam(name), postgresql.ARRAY(table.c[name].type)) for name in names]
    incoming = func.unnest(*arrays).table_valued(*names, name="incoming").render_derived()
    return postgresql.insert(table).from_select(names, select(*incoming.c))


@cache
def _insert_new(dialect: str, table: Table, names: tuple[str, ...], key: str) -> ReturningInsert[Any]:
    return _insert(dialect, table, names).on_conflict_do_nothing().returning(table.c[key])


@cache
def _upsert(
    dialect: str,
    table: Table,
    names: tuple[str, ...],
    *,
    replaced: tuple[str, ...] | None,
    counted: str | None,
    returned: tuple[str, ...],
) -> Executable:
    insert = _insert(dialect, table, names)
    key = table.primary_key.columns.keys()
    replaced = tuple(name for name in names if name not in key) if replaced is None else replaced
    new: dict[str, ColumnElement[Any]] = {name: insert.excluded[name] for name in replaced}
    if counted is not None:
        new[counted] = table.c[counted] + 1
    insert = insert.on_conflict_do_update(index_elements=key, set_=new) if new else insert.on_conflict_do_nothing()
    return insert.returning(*(table.c[name] for name in returned)) if returned else insert
