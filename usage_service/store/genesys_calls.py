"""Genesys calls in the database: what their servers said of them, as flat rows.

All questions are asked for many calls at once, by CallUUID: a batch of a log costs a handful of queries, however
many events are in it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from usage_service.store.database import Database
from usage_service.store.genesys_tables import (
    genesys_attribute,
    genesys_call,
    genesys_conn_id,
    genesys_link_list,
    genesys_listed_link,
)

Transaction = Connection
"""A transaction, for those who hand it on without looking inside."""

CHUNK = 500
"""Most values in one IN list."""


class CallRow(NamedTuple):
    """One call. Every moment is a process and event counter with the server's time."""

    call_uuid: str
    server: str
    first_session: str
    first_number: int
    first_at: datetime
    created_session: str | None = None
    created_number: int | None = None
    created_at: datetime | None = None
    ended_session: str | None = None
    ended_number: int | None = None
    ended_at: datetime | None = None
    merged_into: str | None = None
    merged_session: str | None = None
    merged_number: int | None = None
    merged_at: datetime | None = None


class ConnIdRow(NamedTuple):
    """A ConnID that the call had."""

    call_uuid: str
    server: str
    conn_id: str


class AttributeRow(NamedTuple):
    """The last stated value of one attribute."""

    call_uuid: str
    server: str
    name: str
    value: str
    session: str
    number: int
    stated_at: datetime


class LinkListRow(NamedTuple):
    """An event that listed the links of the call."""

    call_uuid: str
    server: str
    session: str
    number: int
    listed_at: datetime
    complete: bool


class ListedLinkRow(NamedTuple):
    """One link in such a list."""

    call_uuid: str
    server: str
    session: str
    number: int
    link_id: str
    role: str
    remote_location: str


@dataclass(frozen=True, slots=True)
class CallRows:
    """All rows of one call; parts in the order of their keys."""

    call: CallRow
    conn_ids: tuple[ConnIdRow, ...] = ()
    attributes: tuple[AttributeRow, ...] = ()
    link_lists: tuple[LinkListRow, ...] = ()
    listed_links: tuple[ListedLinkRow, ...] = ()

    @property
    def parts(self) -> tuple[tuple[NamedTuple, ...], ...]:
        """The rows below the first, in the order of `PARTS`."""
        return self.conn_ids, self.attributes, self.link_lists, self.listed_links


class KnownCall(NamedTuple):
    """A call as it is stored, and how often it has changed."""

    rows: CallRows
    revision: int


PARTS: tuple[tuple[Table, type[Any]], ...] = (
    (genesys_conn_id, ConnIdRow),
    (genesys_attribute, AttributeRow),
    (genesys_link_list, LinkListRow),
    (genesys_listed_link, ListedLinkRow),
)
"""The tables of a call's parts, in the order of the fields of `CallRows`."""


@contextmanager
def snapshot(database: Database) -> Iterator[Transaction]:
    """A transaction for reading in which all queries see the database at one moment."""
    with database.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def hold_calls(connection: Connection) -> None:
    """Keep other writers of calls out until the end of the transaction. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE genesys_call IN SHARE ROW EXCLUSIVE MODE"))


def calls_with(connection: Connection, call_uuids: Iterable[str]) -> dict[tuple[str, str], KnownCall]:
    """The calls with these CallUUIDs on all servers, by CallUUID and server."""
    found: dict[tuple[str, str], KnownCall] = {}
    for some in chunks(call_uuids):
        parts = [_parts(connection, table, row, some) for table, row in PARTS]
        for row in connection.execute(_of(genesys_call, some)):
            call = CallRow(*row[: len(CallRow._fields)])
            key = call[:2]
            found[key] = KnownCall(CallRows(call, *(tuple(part[key]) for part in parts)), row.revision)
    return found


def put_calls(connection: Connection, changes: Iterable[tuple[CallRows | None, CallRows]]) -> None:
    """Store calls in place of what was stored of them before; only rows that differ are written."""
    changed = list(changes)
    calls = [after.call._asdict() | {"revision": 1, "settled_revision": 0} for _, after in changed]
    upsert(connection, genesys_call, calls, keep=("settled_revision",), count="revision")
    for number, (table, _) in enumerate(PARTS):
        rows = [
            row._asdict()
            for before, after in changed
            for row in sorted(set(after.parts[number]) - set(before.parts[number] if before else ()))
        ]
        upsert(connection, table, rows)


def neighbours(connection: Connection, calls: Collection[CallRows]) -> set[str]:
    """CallUUIDs of all calls that share a link with these, were merged into them, or survived a merge with them."""
    link_ids = {link.link_id for call in calls for link in call.listed_links}
    near = {call.call.merged_into for call in calls if call.call.merged_into is not None}
    near |= call_uuids_where(connection, genesys_listed_link.c.link_id, link_ids)
    near |= call_uuids_where(connection, genesys_call.c.merged_into, {call.call.call_uuid for call in calls})
    return near


def call_uuids_where(connection: Connection, column: Column[Any], values: Iterable[str]) -> set[str]:
    """CallUUIDs of the rows whose column has one of the values."""
    uuid = column.table.c.call_uuid
    found: set[str] = set()
    for some in chunks(values):
        found |= set(connection.execute(select(uuid).where(column.in_(some)).distinct()).scalars())
    return found


def unsettled(connection: Connection, limit: int) -> list[str]:
    """CallUUIDs of calls that have changed since they were last settled."""
    columns = genesys_call.c
    query = select(columns.call_uuid).where(columns.revision != columns.settled_revision)
    return list(connection.execute(query.order_by(columns.call_uuid).limit(limit)).scalars())


def mark_settled(connection: Connection, calls: Iterable[KnownCall]) -> None:
    """Say which revision of each call has been settled; a call that changed meanwhile stays unsettled."""
    columns = genesys_call.c
    for revision, keys in _by_revision(calls).items():
        for some in chunks(keys):
            connection.execute(
                update(genesys_call)
                .where(columns.call_uuid.in_([uuid for uuid, _ in some]), columns.revision == revision)
                .values(settled_revision=revision)
            )


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    keep: Collection[str] = (),
    count: str | None = None,
) -> None:
    """Insert rows, or update those whose key is there, except columns to keep; a column that counts goes up by one."""
    if not rows:
        return
    insert = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(table)
    keys = [column.name for column in table.primary_key]
    values: dict[str, ColumnElement[Any]] = {
        name: insert.excluded[name] for name in rows[0] if name not in (*keys, *keep)
    }
    if count is not None:
        values[count] = table.c[count] + 1
    if values:
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=values), rows)
    else:
        connection.execute(insert.on_conflict_do_nothing(), rows)


def chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Values in lists short enough for one statement, sorted."""
    ordered = iter(sorted(values))
    while some := list(islice(ordered, CHUNK)):
        yield some


def _of(table: Table, call_uuids: Collection[str]) -> Select[Any]:
    return select(table).where(table.c.call_uuid.in_(call_uuids)).order_by(*table.primary_key.columns)


def _parts(
    connection: Connection, table: Table, row_type: type[Any], call_uuids: Collection[str]
) -> defaultdict[tuple[str, str], list[Any]]:
    parts: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in connection.execute(_of(table, call_uuids)):
        parts[row.call_uuid, row.server].append(row_type(*row))
    return parts


def _by_revision(calls: Iterable[KnownCall]) -> dict[int, list[tuple[str, str]]]:
    found: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for call in calls:
        found[call.revision].append(call.rows.call[:2])
    return dict(found)
