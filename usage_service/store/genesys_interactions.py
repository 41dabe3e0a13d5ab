"""Genesys interactions in the database: what calls and links amount to, and the questions people ask of it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Select, Table, delete, insert, select

from usage_service.store.genesys_calls import call_uuids_where, chunks, upsert
from usage_service.store.genesys_tables import (
    genesys_attribute,
    genesys_call,
    genesys_conn_id,
    genesys_interaction,
    genesys_interaction_call,
    genesys_link_history,
    genesys_link_side,
    genesys_listed_link,
    genesys_usage,
)


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
    """The once-only key of a usage record made of a call or, for its first CallUUID, of an interaction."""

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
    _delete(connection, genesys_interaction.c.interaction_id, former)
    for table in (genesys_interaction_call, genesys_link_side, genesys_link_history):
        _delete(connection, table.c.call_uuid, call_uuids)
    _insert(connection, genesys_interaction, [rows.interaction for rows in interactions])
    _insert(connection, genesys_interaction_call, [row for rows in interactions for row in rows.calls])
    _insert(connection, genesys_link_side, [row for rows in interactions for row in rows.link_sides])
    _insert(connection, genesys_link_history, [row for rows in interactions for row in rows.link_history])


def times_applied(connection: Connection, call_uuids: Iterable[str]) -> dict[str, datetime]:
    """Up to when time-outs have been applied to the interactions of these calls."""
    columns = genesys_interaction_call.c
    found: dict[str, datetime] = {}
    for some in chunks(call_uuids):
        rows = connection.execute(
            select(columns.call_uuid, genesys_interaction.c.as_of)
            .join(genesys_interaction, genesys_interaction.c.interaction_id == columns.interaction_id)
            .where(columns.call_uuid.in_(some))
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
        found |= set(connection.execute(select(columns.interaction_id).where(columns.call_uuid.in_(some))).scalars())
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
    upsert(connection, genesys_usage, [key._asdict() for key in keys])


def usage_keys_of(connection: Connection, call_uuids: Iterable[str]) -> set[UsageKey]:
    """The keys of all records made of these calls."""
    columns = genesys_usage.c
    return {
        UsageKey(*row)
        for some in chunks(call_uuids)
        for row in connection.execute(select(genesys_usage).where(columns.call_uuid.in_(some)))
    }


def forget_usage_keys(connection: Connection, keys: Iterable[UsageKey]) -> None:
    """Remove keys whose records have been voided."""
    _delete(connection, genesys_usage.c.once_key, {key.once_key for key in keys})


def calls_known_as(connection: Connection, identifier: str, attributes: Collection[str]) -> Iterator[set[str]]:
    """CallUUIDs of calls known by an identifier: as CallUUID, as link, as ConnID, as value of these attributes."""
    yield call_uuids_where(connection, genesys_call.c.call_uuid, [identifier])
    yield call_uuids_where(connection, genesys_listed_link.c.link_id, [identifier])
    yield call_uuids_where(connection, genesys_conn_id.c.conn_id, [identifier])
    columns = genesys_attribute.c
    named = select(columns.call_uuid).where(columns.value == identifier, columns.name.in_(attributes))
    yield set(connection.execute(named).scalars())


def _delete(connection: Connection, column: Column[str], values: Iterable[str]) -> None:
    for some in chunks(values):
        connection.execute(delete(column.table).where(column.in_(some)))


def _insert(connection: Connection, table: Table, rows: Sequence[NamedTuple]) -> None:
    dicts: list[Mapping[str, object]] = [row._asdict() for row in rows]
    if dicts:
        connection.execute(insert(table), dicts)
