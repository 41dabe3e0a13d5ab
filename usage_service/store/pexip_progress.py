"""How far the Pexip source has come: numbers of the nodes, holes in them, watermarks of the history."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, delete, func, select

from usage_service.store.database import Database
from usage_service.store.pexip_pieces import add, put
from usage_service.store.pexip_tables import pexip_epoch, pexip_event, pexip_hole, pexip_progress, pexip_sequence

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
            put(connection, pexip_progress, [{"name": name, "reached_at": reached_at}], ("reached_at",))

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
        holes: Sequence[Mapping[str, Any]],
    ) -> None:
        """Enter what counting up to an event gave; epochs and holes of the sources named replace the former ones."""
        sources = sorted({epoch["source"] for epoch in epochs})
        rows = [{"sink": sink, "node": node, "state": state} for (sink, node), state in states.items()]
        with self._database.transaction() as connection:
            put(connection, pexip_sequence, rows, ("state",))
            reconciled = connection.execute(
                select(pexip_hole).where(pexip_hole.c.source.in_(sources), pexip_hole.c.reconciled_at.is_not(None))
            ).all()
            left = [_as_reconciled(hole, reconciled) for hole in holes]
            for table, entries in ((pexip_epoch, epochs), (pexip_hole, left)):
                connection.execute(delete(table).where(table.c.source.in_(sources)))
                add(connection, table, entries)
            put(connection, pexip_progress, [{"name": COUNTED, "reached_id": counted_up_to}], ("reached_id",))

    def open_holes(self, before: datetime) -> datetime | None:
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

    def close_holes(self, before: datetime) -> None:
        """Note that the history was read again for every loss that ended before a time."""
        reconciled = pexip_hole.update().where(pexip_hole.c.reconciled_at.is_(None), pexip_hole.c.before_time < before)
        with self._database.transaction() as connection:
            connection.execute(reconciled.values(reconciled_at=datetime.now(UTC)))


def _as_reconciled(hole: Mapping[str, Any], reconciled: Sequence[Row[Any]]) -> dict[str, Any]:
    """A hole, which stays reconciled when it is what is left of a reconciled one."""
    times = [
        former.reconciled_at
        for former in reconciled
        if former.source == hole["source"]
        and former.first_number <= hole["first_number"]
        and hole["last_number"] <= former.last_number
        and hole["before_time"] <= former.before_time
    ]
    return {**hole, "reconciled_at": min(times, default=None)}
