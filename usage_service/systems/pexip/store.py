"""Bodies that event sinks posted: stored before they are acknowledged, read afterwards.

What is known so far of legs and conferences: states in JSON, found by their id or by a few keys.

Steps of the Pexip worker: what was read and all that follows from it is saved in one commit.

How far the Pexip source has come: numbers of the nodes, gaps in them, watermarks of the history.

What was published to the ledger of legs and meetings.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    CTE,
    Column,
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Text,
    column,
    delete,
    exists,
    func,
    select,
    tuple_,
    values,
)

from usage_service.database.bulk import among, chunks, insert_rows, upsert_rows
from usage_service.database.database import Database
from usage_service.errors import NotStored
from usage_service.ledger.model import Reject
from usage_service.ledger.rejects import Rejects
from usage_service.ledger.tables import once_key, usage_adjustment
from usage_service.ledger.upsert import CurrentVersion, versions_of_keys, versions_of_records
from usage_service.systems.pexip.tables import (
    pexip_epoch,
    pexip_event,
    pexip_finding,
    pexip_history_row,
    pexip_hole,
    pexip_inbox,
    pexip_piece,
    pexip_piece_key,
    pexip_progress,
    pexip_sequence,
    pexip_untold,
    pexip_usage,
)


class Posted(NamedTuple):
    """A body as it came."""

    sink: str
    caller_address: str | None
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A stored body that was not read yet."""

    inbox_id: int
    sink: str
    received_at: datetime
    body: bytes


class PexipInbox:
    """Stores bodies durably and hands them out in the order they came."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def store(self, bodies: Sequence[Posted]) -> None:
        """Store bodies in one transaction; when this returns they are on disk."""
        now = datetime.now(UTC)
        rows = [{**posted._asdict(), "received_at": now} for posted in bodies]
        with self._database.transaction() as connection:
            insert_rows(connection, pexip_inbox, rows)

    def waiting(self, limit: int) -> list[Waiting]:
        """The oldest bodies that wait."""
        columns = pexip_inbox.c
        query = (
            select(columns.inbox_id, columns.sink, columns.received_at, columns.body)
            .order_by(columns.inbox_id)
            .limit(limit)
        )
        with self._database.connect() as connection:
            return [Waiting(**row) for row in connection.execute(query).mappings()]

    def length(self) -> int:
        """How many bodies wait."""
        with self._database.connect() as connection:
            return connection.scalar(select(func.count()).select_from(pexip_inbox)) or 0


Key = tuple[str, str]
"""A field and its value."""
StateRow = tuple[str, str, bytes | None, Collection[Key]]
"""Kind, id, state (None: to be forgotten) and the keys it is found by."""
Pending = tuple[str, str, str]
"""Kind, id and whole name of what has to be published to the ledger."""


class StateReader:
    """Reads states on one connection, so that a step sees all of them as of one look."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_id(self, kind: str, ids: Collection[str]) -> dict[str, bytes]:
        """These states; unknown ones are passed over."""
        columns = pexip_piece.c
        found: dict[str, bytes] = {}
        for some in chunks(sorted(ids)):
            query = select(columns.id, columns.state).where(
                columns.kind == kind, among(self._connection, columns.id, some)
            )
            found |= {row.id: row.state for row in self._connection.execute(query)}
        return found

    def by_key(self, kind: str, field: str, values: Collection[str]) -> dict[str, bytes]:
        """The states that have one of these values in a field, by id."""
        columns, keys = pexip_piece.c, pexip_piece_key.c
        found: dict[str, bytes] = {}
        for some in chunks(sorted(values)):
            with_key = (keys.kind == kind, keys.field == field, among(self._connection, keys.value, some))
            query = select(columns.id, columns.state).where(
                columns.kind == kind, columns.id.in_(select(keys.id).where(*with_key))
            )
            found |= {row.id: row.state for row in self._connection.execute(query)}
        return found


class PexipStates:
    """States, and what of them has not been published."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def reading(self) -> Iterator[StateReader]:
        """Reads states for the length of the block."""
        with self._database.connect() as connection:
            yield StateReader(connection)

    def pending(self, kind: str, limit: int) -> list[Pending]:
        """What changed of one kind since it was published."""
        query = select(pexip_untold).where(pexip_untold.c.kind == kind).order_by(pexip_untold.c.id).limit(limit)
        with self._database.connect() as connection:
            return [(row.kind, row.id, row.name) for row in connection.execute(query)]

    def forget(self, saved_before: datetime) -> int:
        """Drop what nothing was said about since then; what was recorded of it is settled. Returns how many."""
        old = select(pexip_piece.c.kind, pexip_piece.c.id).where(pexip_piece.c.saved_at < saved_before, ~_is_pending)
        with self._database.transaction() as connection:
            found = [(row.kind, row.id) for row in connection.execute(old)]
            for some in chunks(found):
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


_is_pending = exists().where(pexip_untold.c.kind == pexip_piece.c.kind, pexip_untold.c.id == pexip_piece.c.id)


def save_states(connection: Connection, states: Iterable[StateRow], pending: Iterable[Pending]) -> None:
    """Put states and marks in place, in a transaction that does more than that."""
    changed = list(states)
    now = datetime.now(UTC)
    gone = [(kind, state_id) for kind, state_id, state, _ in changed if state is None]
    for some in chunks(gone):
        connection.execute(delete(pexip_piece).where(tuple_(pexip_piece.c.kind, pexip_piece.c.id).in_(some)))
        connection.execute(
            delete(pexip_piece_key).where(tuple_(pexip_piece_key.c.kind, pexip_piece_key.c.id).in_(some))
        )
    kept = [
        {"kind": kind, "id": state_id, "state": state, "saved_at": now}
        for kind, state_id, state, _ in changed
        if state is not None
    ]
    keys = [
        {"kind": kind, "field": field, "value": value, "id": state_id}
        for kind, state_id, state, found_by in changed
        if state is not None
        for field, value in found_by
    ]
    marks = [dict(zip(("kind", "id", "name"), mark, strict=True)) for mark in pending]
    upsert_rows(connection, pexip_piece, kept)
    upsert_rows(connection, pexip_piece_key, keys)
    upsert_rows(connection, pexip_untold, marks, replaced=())


UNREADABLE = "PEXIP0001E"
"""Message id of the rejects of this source."""


class PexipIntake:
    """Saves what reading events or history rows gave."""

    def __init__(self, database: Database, *, issue_ids: Callable[[int], list[str]]) -> None:
        self._database = database
        self._rejects = Rejects(database, issue_ids=issue_ids)

    def take_events(
        self,
        taken: Sequence[Waiting],
        events: Sequence[Mapping[str, Any]],
        states: Iterable[StateRow],
        pending: Iterable[Pending],
    ) -> None:
        """Move bodies from the inbox to the events they hold, with the states these events changed.

        Raises `NotStored` when another process took one of them meanwhile; then nothing is changed.
        """
        ids = [waiting.inbox_id for waiting in taken]
        unread = [_reject(f"pexip:{row['sink']}", row) for row in events if row["reason"] is not None]
        with self._database.transaction() as connection:
            if connection.execute(delete(pexip_inbox).where(pexip_inbox.c.inbox_id.in_(ids))).rowcount != len(ids):
                raise NotStored("another process read these events")
            insert_rows(connection, pexip_event, events)
            save_states(connection, states, pending)
            self._rejects.keep_in(connection, unread)

    def take_history(
        self,
        rows: Sequence[Mapping[str, Any]],
        findings: Sequence[Mapping[str, Any]],
        states: Iterable[StateRow],
        pending: Iterable[Pending],
        progress: tuple[str, datetime],
    ) -> None:
        """Keep rows of the history, with the states they changed and how far the history is read now."""
        now = datetime.now(UTC)
        name, reached_at = progress
        with self._database.transaction() as connection:
            read = [{**row, "read_at": now} for row in rows]
            upsert_rows(connection, pexip_history_row, read, ("read_at", "reason", "body"))
            insert_rows(connection, pexip_finding, [{**finding, "found_at": now} for finding in findings])
            save_states(connection, states, pending)
            upsert_rows(connection, pexip_progress, [{"name": name, "reached_at": reached_at}])


def _reject(source: str, row: Mapping[str, Any]) -> Reject:
    return Reject(source=source, message_id=UNREADABLE, reason=row["reason"], body=row["body"])


COUNTED = "events"


class Numbered(NamedTuple):
    """One numbered event."""

    sink: str
    node: str
    seq: int
    event_time: datetime
    event: str


class PexipProgress:
    """Reads and moves the marks that say what was looked at."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def watermark(self, name: str) -> datetime | None:
        """Up to where a resource of the history was read."""
        query = select(pexip_progress.c.reached_at).where(pexip_progress.c.name == name)
        with self._database.connect() as connection:
            found: datetime | None = connection.scalar(query)
            return found

    def set_watermark(self, name: str, reached_at: datetime) -> None:
        """Move a mark."""
        with self._database.transaction() as connection:
            upsert_rows(connection, pexip_progress, [{"name": name, "reached_at": reached_at}])

    def uncounted(self, limit: int) -> tuple[list[Numbered], int]:
        """Numbered events behind those counted already, and the id to count up to."""
        columns = pexip_event.c
        with self._database.connect() as connection:
            reached = connection.scalar(select(pexip_progress.c.reached_id).where(pexip_progress.c.name == COUNTED))
            found = connection.execute(
                select(columns.event_id, columns.sink, columns.node, columns.seq, columns.event_time, columns.event)
                .where(columns.event_id > (reached or 0))
                .order_by(columns.event_id)
                .limit(limit)
            ).all()
        numbered = [Numbered(*row[1:]) for row in found if row.seq is not None and row.event_time is not None]
        return numbered, found[-1].event_id if found else reached or 0

    def sequences(self, nodes: Collection[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
        """The states of these (sink, node) sequences."""
        with self._database.connect() as connection:
            rows = connection.execute(select(pexip_sequence)).all()
        return {(row.sink, row.node): row.state for row in rows if (row.sink, row.node) in nodes}

    def count(
        self,
        counted_up_to: int,
        states: Mapping[tuple[str, str], bytes],
        epochs: Sequence[Mapping[str, Any]],
        gaps: Sequence[Mapping[str, Any]],
    ) -> None:
        """Enter what counting up to an event gave; epochs and gaps of the sources named replace the former ones."""
        sources = sorted({epoch["source"] for epoch in epochs})
        rows = [{"sink": sink, "node": node, "state": state} for (sink, node), state in states.items()]
        with self._database.transaction() as connection:
            upsert_rows(connection, pexip_sequence, rows)
            reconciled = connection.execute(
                select(pexip_hole).where(pexip_hole.c.source.in_(sources), pexip_hole.c.reconciled_at.is_not(None))
            ).all()
            left = [_as_reconciled(gap, reconciled) for gap in gaps]
            for table, entries in ((pexip_epoch, epochs), (pexip_hole, left)):
                connection.execute(delete(table).where(table.c.source.in_(sources)))
                insert_rows(connection, table, entries)
            upsert_rows(connection, pexip_progress, [{"name": COUNTED, "reached_id": counted_up_to}])

    def open_gaps(self, before: datetime) -> datetime | None:
        """When the earliest loss began whose time was not reconciled yet, of those that ended before a time."""
        columns = pexip_hole.c
        query = select(func.min(func.coalesce(columns.after_time, columns.before_time))).where(
            columns.reconciled_at.is_(None), columns.before_time < before
        )
        with self._database.connect() as connection:
            found: datetime | None = connection.scalar(query)
            return found

    def silent(self, source: str, since: datetime) -> list[tuple[str, datetime]]:
        """The nodes that said nothing since a time, as sink/node, each with when it last did."""
        columns = pexip_epoch.c
        last = func.max(columns.latest_at)
        query = select(columns.source, last).group_by(columns.source).having(last < since).order_by(columns.source)
        with self._database.connect() as connection:
            return [(name.removeprefix(f"{source}/"), time) for name, time in connection.execute(query)]

    def close_gaps(self, before: datetime) -> None:
        """Note that the history was read again for every loss that ended before a time."""
        reconciled = pexip_hole.update().where(pexip_hole.c.reconciled_at.is_(None), pexip_hole.c.before_time < before)
        with self._database.transaction() as connection:
            connection.execute(reconciled.values(reconciled_at=datetime.now(UTC)))


def _as_reconciled(gap: Mapping[str, Any], reconciled: Sequence[Row[Any]]) -> dict[str, Any]:
    """A gap, which stays reconciled when it is what is left of a reconciled one."""
    times = [
        former.reconciled_at
        for former in reconciled
        if former.source == gap["source"]
        and former.first_number <= gap["first_number"]
        and gap["last_number"] <= former.last_number
        and gap["before_time"] <= former.before_time
    ]
    return {**gap, "reconciled_at": min(times, default=None)}


ACTOR = "pexip"
"""Who adjusts records when the platform knows better."""
_COLUMNS = tuple(column for column in pexip_usage.columns if column.name != "told_at")
_SEPARATOR = "\x1e"
"""Between keys; no record can hold this character (XML 1.0, section 2.2)."""


class PexipUsages:
    """What was published of each usage."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def with_keys(self, service: str, keys: Collection[str]) -> list[Mapping[str, Any]]:
        """What was published of these usages.

        What was published just before a crash was never noted: the ledger itself knows it.
        """
        query = select(*_COLUMNS)
        noted: list[Mapping[str, Any]] = []
        with self._database.connect() as connection:
            for some in chunks(sorted(keys)):
                found = connection.execute(query.where(among(connection, pexip_usage.c.usage_key, some)))
                noted += [dict(row) for row in found.mappings()]
            unnoted = set(keys) - {row["usage_key"] for row in noted}
            versions = versions_of_keys(connection, [(service, key) for key in unnoted], ACTOR)
        return noted + [_as_noted(key, version) for (_, key), version in versions.items()]

    def with_prefixes(self, service: str, prefixes: Collection[str]) -> dict[str, list[Mapping[str, Any]]]:
        """What was published of all usages whose key begins so, by prefix; prefixes end with a colon."""
        keys = self._keys_with(service, prefixes)
        published = {row["usage_key"]: row for row in self.with_keys(service, set().union(*keys.values()))}
        return {prefix: [published[key] for key in sorted(found & published.keys())] for prefix, found in keys.items()}

    def note(self, rows: Sequence[Mapping[str, Any]], published: Iterable[tuple[str, str]]) -> None:
        """Enter what was published; its marks (kind, id) are removed."""
        now = datetime.now(UTC)
        with self._database.transaction() as connection:
            upsert_rows(connection, pexip_usage, [{**row, "told_at": now} for row in rows])
            ids: dict[str, list[str]] = {}
            for kind, state_id in published:
                ids.setdefault(kind, []).append(state_id)
            for kind, some in ids.items():
                marks = (pexip_untold.c.kind == kind, among(connection, pexip_untold.c.id, some))
                connection.execute(delete(pexip_untold).where(*marks))

    def used(self, service_tag: str, start: datetime, end: datetime) -> timedelta:
        """Time of the billed legs under a service tag that ended in a period. What a person made of a leg counts as
        that person said.
        """
        columns = pexip_usage.c
        changed = exists().where(usage_adjustment.c.record_id == columns.record_id)
        legs = (columns.service_tag == service_tag, columns.ended_at >= start, columns.ended_at < end)
        with self._database.connect() as connection:
            seconds = connection.scalar(select(func.sum(columns.seconds)).where(*legs, ~changed)) or 0
            by_people = list(connection.scalars(select(columns.record_id).where(*legs, changed)))
            versions = versions_of_records(connection, by_people, ACTOR).values()
        billed = [dict(one.record.properties) for one in versions if one.record and not one.voided]
        changed_seconds = sum(
            int(leg.get("durationSeconds", 0)) for leg in billed if leg.get("serviceTag") == service_tag
        )
        return timedelta(seconds=int(seconds) + changed_seconds)

    def refused(self) -> int:
        """How many changes the ledger did not take."""
        query = select(func.count()).select_from(pexip_usage).where(pexip_usage.c.refused.is_not(None))
        with self._database.connect() as connection:
            return connection.scalar(query) or 0

    def refusals(self, limit: int) -> list[Mapping[str, Any]]:
        """The newest changes that the ledger did not take, each with the reason."""
        columns = pexip_usage.c
        query = select(columns.usage_key, columns.record_id, columns.told_at, columns.refused)
        newest = query.where(columns.refused.is_not(None)).order_by(columns.told_at.desc(), columns.usage_key)
        with self._database.connect() as connection:
            return [dict(row) for row in connection.execute(newest.limit(limit)).mappings()]

    def _keys_with(self, service: str, prefixes: Collection[str]) -> dict[str, set[str]]:
        """The keys that begin so, noted or not, by prefix.

        One index range for each prefix, which a planner cannot turn into a walk over the whole table: it expects a
        range whose ends it does not know to be large.
        """
        found: dict[str, set[str]] = {}
        with self._database.connect() as connection:
            for some in chunks(sorted(prefixes)):
                rows = [(prefix, prefix[:-1] + ";") for prefix in some]  # the character behind the colon
                wanted = values(column("prefix", Text), column("behind", Text), name="wanted").data(rows).cte()
                noted = _joined_keys(pexip_usage.c.usage_key, wanted)
                used = _joined_keys(once_key.c.key, wanted, once_key.c.service == service)
                for prefix, *texts in connection.execute(select(wanted.c.prefix, noted, used)):
                    keys = {key for text in texts if text for key in text.split(_SEPARATOR)}
                    found[prefix] = {key for key in keys if "#" not in key[len(prefix) :]}  # a later revision's own key
        return found


def _as_noted(key: str, version: CurrentVersion) -> Mapping[str, Any]:
    row: dict[str, Any] = dict.fromkeys(column.name for column in _COLUMNS)
    row |= {"usage_key": key, "revision": version.version, "settled": bool(version.changed_by)}
    if version.record is not None and not version.voided:
        row |= {"record_id": version.record_id, "record": msgspec.json.encode(version.record)}
        row |= {"ended_at": version.record.record_time}
    return row


def _joined_keys(key: Column[str], wanted: CTE, *conditions: ColumnElement[bool]) -> ScalarSelect[str]:
    """All keys in a range as one text."""
    inside = (key >= wanted.c.prefix, key < wanted.c.behind)
    return select(func.aggregate_strings(key, _SEPARATOR)).where(*conditions, *inside).scalar_subquery()
