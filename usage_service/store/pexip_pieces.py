"""What is known so far of legs and conferences: pieces of JSON, found by their id or by a few keys."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    any_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite

from usage_service.store.database import Database
from usage_service.store.pexip_tables import (
    pexip_event,
    pexip_piece,
    pexip_piece_key,
    pexip_untold,
    pexip_usage,
)

MOST_VALUES = 5_000
"""Values in one IN list; databases limit the parameters of a statement."""

Key = tuple[str, str]
"""A field and its value."""
Piece = tuple[str, str, bytes | None, Collection[Key]]
"""Kind, id, state (None: to be forgotten) and the keys it is found by."""
Untold = tuple[str, str, str]
"""Kind, id and whole name of what the ledger has to be told of."""


class PexipPieces:
    """Reads pieces and what the ledger has not been told of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_id(self, kind: str, ids: Collection[str]) -> dict[str, bytes]:
        """The states of these pieces; unknown ones are passed over."""
        columns = pexip_piece.c
        found: dict[str, bytes] = {}
        with self._database.connect() as connection:
            for some in portions(sorted(ids)):
                query = select(columns.id, columns.state).where(
                    columns.kind == kind, among(connection, columns.id, some)
                )
                found |= {row.id: row.state for row in connection.execute(query)}
        return found

    def by_key(self, kind: str, field: str, values: Collection[str]) -> dict[str, bytes]:
        """The states of the pieces that have one of these values in a field, by id."""
        columns, keys = pexip_piece.c, pexip_piece_key.c
        found: dict[str, bytes] = {}
        with self._database.connect() as connection:
            for some in portions(sorted(values)):
                ids = select(keys.id).where(keys.kind == kind, keys.field == field, among(connection, keys.value, some))
                query = select(columns.id, columns.state).where(columns.kind == kind, columns.id.in_(ids))
                found |= {row.id: row.state for row in connection.execute(query)}
        return found

    def untold(self, kind: str, limit: int) -> list[Untold]:
        """What changed of one kind since the ledger was told."""
        query = select(pexip_untold).where(pexip_untold.c.kind == kind).order_by(pexip_untold.c.id).limit(limit)
        with self._database.connect() as connection:
            return [(row.kind, row.id, row.name) for row in connection.execute(query)]

    def forget(self, saved_before: datetime) -> int:
        """Drop what nothing was said about since then; what was recorded of it is settled. Returns how many."""
        old = select(pexip_piece.c.kind, pexip_piece.c.id).where(
            pexip_piece.c.saved_at < saved_before, ~_waits_to_be_told
        )
        with self._database.transaction() as connection:
            found = [(row.kind, row.id) for row in connection.execute(old)]
            for some in portions(found):
                connection.execute(
                    delete(pexip_piece_key).where(tuple_(pexip_piece_key.c.kind, pexip_piece_key.c.id).in_(some))
                )
                connection.execute(delete(pexip_piece).where(tuple_(pexip_piece.c.kind, pexip_piece.c.id).in_(some)))
            unchanged = (pexip_usage.c.told_at < saved_before, ~pexip_usage.c.settled)
            connection.execute(pexip_usage.update().where(*unchanged).values(settled=True))
        return len(found)

    def forget_events(self, received_before: datetime) -> int:
        """Drop raw events older than that; returns how many."""
        with self._database.transaction() as connection:
            return connection.execute(delete(pexip_event).where(pexip_event.c.received_at < received_before)).rowcount


_waits_to_be_told = exists().where(pexip_untold.c.kind == pexip_piece.c.kind, pexip_untold.c.id == pexip_piece.c.id)


def save_pieces(connection: Connection, pieces: Iterable[Piece], untold: Iterable[Untold]) -> None:
    """Put pieces and marks in place, in a transaction that does more than that."""
    changed = list(pieces)
    now = datetime.now(UTC)
    gone = [(kind, piece_id) for kind, piece_id, state, _ in changed if state is None]
    for some in portions(gone):
        connection.execute(delete(pexip_piece).where(tuple_(pexip_piece.c.kind, pexip_piece.c.id).in_(some)))
        connection.execute(
            delete(pexip_piece_key).where(tuple_(pexip_piece_key.c.kind, pexip_piece_key.c.id).in_(some))
        )
    kept = [
        {"kind": kind, "id": piece_id, "state": state, "saved_at": now}
        for kind, piece_id, state, _ in changed
        if state is not None
    ]
    keys = [
        {"kind": kind, "field": field, "value": value, "id": piece_id}
        for kind, piece_id, state, found_by in changed
        if state is not None
        for field, value in found_by
    ]
    put(connection, pexip_piece, kept, ("state", "saved_at"))
    put(connection, pexip_piece_key, keys)
    put(connection, pexip_untold, [dict(zip(("kind", "id", "name"), mark, strict=True)) for mark in untold])


def among(connection: Connection, of: Column[str], some: Sequence[str]) -> ColumnElement[bool]:
    """Whether a column has one of these values: one parameter where a database takes arrays, else one for each."""
    if connection.dialect.name != "postgresql":
        return of.in_(some)
    array = postgresql.ARRAY(of.type)
    return of == any_(cast(literal(list(some), array), array))


def add(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        connection.execute(_add_columns(table, tuple(columns)), columns)
    else:
        connection.execute(insert(table), rows)


def put(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], replaced: Collection[str] = ()
) -> None:
    """Insert rows; where one with the same primary key is there, its `replaced` columns take the new values."""
    if not rows:
        return
    key = [column.name for column in table.primary_key]
    if connection.dialect.name != "postgresql":
        connection.execute(_put_row(table, tuple(key), tuple(replaced)), rows)
        return
    last = {tuple(row[name] for name in key): row for row in rows}  # one statement may not change a row twice
    names = tuple(rows[0])
    columns = {name: [row[name] for row in last.values()] for name in names}
    connection.execute(_put_columns(table, names, tuple(key), tuple(replaced)), columns)


@cache
def _add_columns(table: Table, names: tuple[str, ...]) -> postgresql.Insert:
    """One statement whatever the number of rows: each column travels as one array."""
    arrays = [cast(bindparam(name), postgresql.ARRAY(table.c[name].type)) for name in names]
    incoming = func.unnest(*arrays).table_valued(*names, name="incoming").render_derived()
    return postgresql.insert(table).from_select(names, select(*incoming.c))


@cache
def _put_row(table: Table, key: tuple[str, ...], replaced: tuple[str, ...]) -> sqlite.Insert:
    statement = sqlite.insert(table)
    new = {name: statement.excluded[name] for name in replaced}
    if not new:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(index_elements=key, set_=new)


@cache
def _put_columns(
    table: Table, names: tuple[str, ...], key: tuple[str, ...], replaced: tuple[str, ...]
) -> postgresql.Insert:
    statement = _add_columns(table, names)
    new = {name: statement.excluded[name] for name in replaced}
    if not new:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(index_elements=key, set_=new)


def portions(values: Iterable[Any]) -> Iterator[list[Any]]:
    """These values in lists of a length that a statement can take."""
    rest = iter(values)
    while portion := list(islice(rest, MOST_VALUES)):
        yield portion
