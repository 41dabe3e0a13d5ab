"""Bodies that event sinks posted: stored before they are acknowledged, read afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import func, insert, select

from usage_service.store.database import Database
from usage_service.store.pexip_tables import pexip_inbox


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
            connection.execute(insert(pexip_inbox), rows)

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
