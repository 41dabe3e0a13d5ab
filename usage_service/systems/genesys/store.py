"""Genesys calls in the database: what their servers said of them, as flat rows.

All questions are asked for many calls at once, by CallUUID: a batch of a log costs a handful of queries, however
many events are in it.

Genesys interactions in the database: what calls and links amount to, and the questions people ask of it.

How far Genesys logs have been read, and what in them was rejected.

Both are written in the transaction that stores the events before that place, so that a reader killed at any moment
goes on without loss or repeat.

Records of any service that refer to something by a property's value.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, exists, select, text, update

from usage_service.database.bulk import among, chunks, delete_among, insert_new_rows, insert_rows, upsert_rows
from usage_service.database.database import Database
from usage_service.ledger.model import Reject, StoredRecord
from usage_service.ledger.records import load_records
from usage_service.ledger.rejects import Rejects
from usage_service.ledger.tables import usage_adjustment, usage_property, usage_record
from usage_service.systems.genesys.tables import (
    genesys_attribute,
    genesys_call,
    genesys_conn_id,
    genesys_interaction,
    genesys_interaction_call,
    genesys_link_history,
    genesys_link_list,
    genesys_link_side,
    genesys_listed_link,
    genesys_log,
    genesys_reject,
    genesys_usage,
)

Transaction = Connection
"""A transaction, for those who hand it on without looking inside."""


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
    for some in chunks(sorted(call_uuids)):
        parts = [_parts(connection, table, row, some) for table, row in PARTS]
        for row in connection.execute(_of(connection, genesys_call, some)):
            call = CallRow(*row[: len(CallRow._fields)])
            key = call[:2]
            found[key] = KnownCall(CallRows(call, *(tuple(part[key]) for part in parts)), row.revision)
    return found


def put_calls(connection: Connection, changes: Iterable[tuple[CallRows | None, CallRows]]) -> None:
    """Store calls in place of what was stored of them before; only rows that differ are written."""
    changed = list(changes)
    calls = [after.call._asdict() | {"revision": 1, "settled_revision": 0} for _, after in changed]
    upsert_rows(connection, genesys_call, calls, CallRow._fields[2:], counted="revision")  # behind its key
    for number, (table, _) in enumerate(PARTS):
        rows = [
            row._asdict()
            for before, after in changed
            for row in sorted(set(after.parts[number]) - set(before.parts[number] if before else ()))
        ]
        upsert_rows(connection, table, rows)


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
        found |= set(connection.execute(select(uuid).where(among(connection, column, some)).distinct()).scalars())
    return found


def unsettled(connection: Connection, limit: int) -> list[str]:
    """CallUUIDs of calls that have changed since they were last settled."""
    columns = genesys_call.c
    query = select(columns.call_uuid).where(columns.revision != columns.settled_revision)
    return list(connection.execute(query.order_by(columns.call_uuid).limit(limit)).scalars())


def mark_settled(connection: Connection, calls: Iterable[KnownCall]) -> None:
    """Say which revision of each call has been settled; a call that changed meanwhile stays unsettled."""
    columns = genesys_call.c
    for revision, call_uuids in _by_revision(calls).items():
        for some in chunks(call_uuids):
            connection.execute(
                update(genesys_call)
                .where(among(connection, columns.call_uuid, some), columns.revision == revision)
                .values(settled_revision=revision)
            )


def _of(connection: Connection, table: Table, call_uuids: Sequence[str]) -> Select[Any]:
    return select(table).where(among(connection, table.c.call_uuid, call_uuids)).order_by(*table.primary_key.columns)


def _parts(
    connection: Connection, table: Table, row_type: type[Any], call_uuids: Sequence[str]
) -> defaultdict[tuple[str, str], list[Any]]:
    parts: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in connection.execute(_of(connection, table, call_uuids)):
        parts[row.call_uuid, row.server].append(row_type(*row))
    return parts


def _by_revision(calls: Iterable[KnownCall]) -> dict[int, list[str]]:
    found: defaultdict[int, set[str]] = defaultdict(set)
    for call in calls:
        found[call.revision].add(call.rows.call.call_uuid)
    return {revision: sorted(call_uuids) for revision, call_uuids in found.items()}


class InteractionRow(NamedTuple):
    """One interaction."""

    interaction_id: str
    started_at: datetime
    final: bool
    calls: int
    problems: int
    as_of: datetime  # time-outs up to here have been applied
    due_at: datetime | None  # when the next waiting link will have waited long enough


class InteractionCallRow(NamedTuple):
    """One call on the path of an interaction."""

    call_uuid: str
    server: str
    interaction_id: str
    position: int
    server_name: str
    inferred: bool


class LinkSideRow(NamedTuple):
    """A link as one call reports it."""

    link_id: str
    call_uuid: str
    server: str
    current_call_uuid: str
    role: str
    remote_location: str
    first_number: int
    first_at: datetime
    removed: bool
    state: str


class LinkHistoryRow(NamedTuple):
    """One change of a link."""

    link_id: str
    position: int
    change: str
    call_uuid: str
    server: str
    number: int
    changed_at: datetime


class UsageKey(NamedTuple):
    """The idempotency key of a usage record made of a call or, for its first CallUUID, of an interaction."""

    service: str
    once_key: str
    call_uuid: str


@dataclass(frozen=True, slots=True)
class InteractionRows:
    """All rows of one interaction."""

    interaction: InteractionRow
    calls: tuple[InteractionCallRow, ...]
    link_sides: tuple[LinkSideRow, ...]
    link_history: tuple[LinkHistoryRow, ...]


def replace_interactions(
    connection: Connection, call_uuids: Collection[str], interactions: Sequence[InteractionRows]
) -> None:
    """Store what calls amount to now in place of what was stored for them."""
    former = interaction_ids_of(connection, call_uuids) | {rows.interaction.interaction_id for rows in interactions}
    delete_among(connection, genesys_interaction.c.interaction_id, former)
    for table in (genesys_interaction_call, genesys_link_side, genesys_link_history):
        delete_among(connection, table.c.call_uuid, call_uuids)
    insert_rows(connection, genesys_interaction, [rows.interaction._asdict() for rows in interactions])
    insert_rows(connection, genesys_interaction_call, [row._asdict() for rows in interactions for row in rows.calls])
    insert_rows(connection, genesys_link_side, [row._asdict() for rows in interactions for row in rows.link_sides])
    insert_rows(connection, genesys_link_history, [row._asdict() for rows in interactions for row in rows.link_history])


def times_applied(connection: Connection, call_uuids: Iterable[str]) -> dict[str, datetime]:
    """Up to when time-outs have been applied to the interactions of these calls."""
    columns = genesys_interaction_call.c
    found: dict[str, datetime] = {}
    for some in chunks(call_uuids):
        rows = connection.execute(
            select(columns.call_uuid, genesys_interaction.c.as_of)
            .join(genesys_interaction, genesys_interaction.c.interaction_id == columns.interaction_id)
            .where(among(connection, columns.call_uuid, some))
        )
        for call_uuid, as_of in rows:
            found[call_uuid] = max(as_of, found.get(call_uuid, as_of))
    return found


def due(connection: Connection, as_of: datetime, limit: int) -> list[str]:
    """Ids of interactions with a link that has waited long enough by then."""
    columns = genesys_interaction.c
    query = select(columns.interaction_id).where(columns.due_at <= as_of).order_by(columns.due_at).limit(limit)
    return list(connection.execute(query).scalars())


def interaction_ids_of(connection: Connection, call_uuids: Iterable[str]) -> set[str]:
    """Ids of the interactions these calls are part of."""
    columns = genesys_interaction_call.c
    found: set[str] = set()
    for some in chunks(call_uuids):
        query = select(columns.interaction_id).where(among(connection, columns.call_uuid, some))
        found |= set(connection.execute(query).scalars())
    return found


def call_uuids_of(connection: Connection, interaction_ids: Iterable[str]) -> set[str]:
    """CallUUIDs of the calls of these interactions."""
    return call_uuids_where(connection, genesys_interaction_call.c.interaction_id, interaction_ids)


def latest_interactions(
    connection: Connection, *, final: bool | None, problems_only: bool, limit: int
) -> list[InteractionRow]:
    """Interactions, those that started last first."""
    query: Select[Any] = select(genesys_interaction)
    if final is not None:
        query = query.where(genesys_interaction.c.final == final)
    if problems_only:
        query = query.where(genesys_interaction.c.problems > 0)
    ordered = query.order_by(genesys_interaction.c.started_at.desc(), genesys_interaction.c.interaction_id)
    return [InteractionRow(*row) for row in connection.execute(ordered.limit(limit))]


def enter_usage_keys(connection: Connection, keys: Sequence[UsageKey]) -> None:
    """Note the keys of records that are about to be written."""
    upsert_rows(connection, genesys_usage, [key._asdict() for key in keys])


def usage_keys_of(connection: Connection, call_uuids: Iterable[str]) -> set[UsageKey]:
    """The keys of all records made of these calls."""
    columns = genesys_usage.c
    return {
        UsageKey(*row)
        for some in chunks(call_uuids)
        for row in connection.execute(select(genesys_usage).where(among(connection, columns.call_uuid, some)))
    }


def forget_usage_keys(connection: Connection, keys: Iterable[UsageKey]) -> None:
    """Remove keys whose records have been voided."""
    delete_among(connection, genesys_usage.c.once_key, {key.once_key for key in keys})


def calls_known_as(connection: Connection, identifier: str, attributes: Collection[str]) -> Iterator[set[str]]:
    """CallUUIDs of calls known by an identifier: as CallUUID, as link, as ConnID, as value of these attributes."""
    yield call_uuids_where(connection, genesys_call.c.call_uuid, [identifier])
    yield call_uuids_where(connection, genesys_listed_link.c.link_id, [identifier])
    yield call_uuids_where(connection, genesys_conn_id.c.conn_id, [identifier])
    columns = genesys_attribute.c
    named = select(columns.call_uuid).where(columns.value == identifier, columns.name.in_(attributes))
    yield set(connection.execute(named).scalars())


class LogRow(NamedTuple):
    """How far a log has been read."""

    log: str
    position: str  # the reader's state as JSON
    read_at: datetime


class PlacedReject(NamedTuple):
    """A reject with a digest of where and what it is: the same place is kept once, however often it is read."""

    digest: str
    reject: Reject


def log_position(database: Database, log: str) -> str | None:
    """The stored position in a log; None when it has never been read."""
    with database.connect() as connection:
        return connection.execute(select(genesys_log.c.position).where(genesys_log.c.log == log)).scalar_one_or_none()


def logs(database: Database) -> list[LogRow]:
    """Every log that has been read."""
    with database.connect() as connection:
        return [LogRow(*row) for row in connection.execute(select(genesys_log).order_by(genesys_log.c.log))]


def put_position(connection: Connection, log: str, position: str) -> None:
    """Store how far a log has been read."""
    upsert_rows(connection, genesys_log, [LogRow(log, position, datetime.now(UTC))._asdict()])


def keep_rejects(connection: Connection, rejects: Rejects, placed: Iterable[PlacedReject]) -> int:
    """Keep what was rejected, and return how much of it is new."""
    by_digest = dict(placed)
    ids = rejects.issue_ids(len(by_digest))
    rows = [{"digest": digest, "reject_id": reject_id} for digest, reject_id in zip(by_digest, ids, strict=True)]
    new = insert_new_rows(connection, genesys_reject, rows, "reject_id")
    fresh = [row for row in rows if row["reject_id"] in new]
    rejects.keep_in(connection, [by_digest[row["digest"]] for row in fresh], [row["reject_id"] for row in fresh])
    return len(fresh)


TRANSACTION_ID = "globalTransactionID"
"""Stands for the record's transaction id where the name of a property is asked for."""


def records_referring(
    database: Database, service: str, name: str, values: Collection[str], span: tuple[datetime, datetime]
) -> list[StoredRecord]:
    """What counts of a service's records in a span of record times (both ends included) and has one of the values."""
    columns = usage_record.c
    conditions = (
        columns.record_time >= span[0],
        columns.record_time <= span[1],
        columns.service == service,
        ~exists().where(usage_adjustment.c.record_id == columns.record_id),
    )
    with database.connect() as connection:
        found: list[str] = []
        for some in chunks(values):
            query = select(columns.record_id).where(*conditions, _has(connection, name, some))
            found += connection.execute(query).scalars()
        return load_records(connection, found)


def _has(connection: Connection, name: str, values: Sequence[str]) -> ColumnElement[bool]:
    if name == TRANSACTION_ID:
        return among(connection, usage_record.c.global_transaction_id, values)
    return exists().where(
        usage_property.c.record_id == usage_record.c.record_id,
        usage_property.c.name == name,
        among(connection, usage_property.c.value, values),
    )
