"""Steps of the Pexip worker: what was read and all that follows from it is saved in one commit."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert

from usage_service.accounting.rejects import Reject
from usage_service.errors import NotStored
from usage_service.store.database import Database
from usage_service.store.pexip_inbox import Waiting
from usage_service.store.pexip_pieces import Piece, Untold, add, put, save_pieces
from usage_service.store.pexip_tables import (
    pexip_event,
    pexip_finding,
    pexip_history_row,
    pexip_inbox,
    pexip_progress,
)
from usage_service.store.rejects import Rejects

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
        pieces: Iterable[Piece],
        untold: Iterable[Untold],
    ) -> None:
        """Move bodies from the inbox to the events they hold, with the pieces these events changed.

        Raises `NotStored` when another process took one of them meanwhile; then nothing is changed.
        """
        ids = [waiting.inbox_id for waiting in taken]
        unread = [_reject(f"pexip:{row['sink']}", row) for row in events if row["reason"] is not None]
        with self._database.transaction() as connection:
            if connection.execute(delete(pexip_inbox).where(pexip_inbox.c.inbox_id.in_(ids))).rowcount != len(ids):
                raise NotStored("another process read these events")
            add(connection, pexip_event, events)
            save_pieces(connection, pieces, untold)
            self._rejects.keep_in(connection, unread)

    def take_history(
        self,
        rows: Sequence[Mapping[str, Any]],
        findings: Sequence[Mapping[str, Any]],
        pieces: Iterable[Piece],
        untold: Iterable[Untold],
        progress: tuple[str, datetime],
    ) -> None:
        """Keep rows of the history, with the pieces they changed and how far the history is read now."""
        now = datetime.now(UTC)
        name, reached_at = progress
        with self._database.transaction() as connection:
            put(
                connection,
                pexip_history_row,
                [{**row, "read_at": now} for row in rows],
                ("read_at", "reason", "body"),
            )
            if findings:
                connection.execute(insert(pexip_finding), [{**finding, "found_at": now} for finding in findings])
            save_pieces(connection, pieces, untold)
            put(connection, pexip_progress, [{"name": name, "reached_at": reached_at}], ("reached_at",))


def _reject(source: str, row: Mapping[str, Any]) -> Reject:
    return Reject(source=source, message_id=UNREADABLE, reason=row["reason"], body=row["body"])
