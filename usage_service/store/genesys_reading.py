"""How far Genesys logs have been read, and what in them was rejected.

Both are written in the transaction that stores the events before that place, so that a reader killed at any moment
goes on without loss or repeat.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from usage_service.accounting.rejects import Reject
from usage_service.store.database import Database, insert_unless_there
from usage_service.store.genesys_calls import upsert
from usage_service.store.genesys_tables import genesys_log, genesys_reject
from usage_service.store.rejects import Rejects


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
    upsert(connection, genesys_log, [LogRow(log, position, datetime.now(UTC))._asdict()])


def keep_rejects(connection: Connection, rejects: Rejects, placed: Iterable[PlacedReject]) -> int:
    """Keep what was rejected, and return how much of it is new."""
    kept = 0
    for digest, reject in placed:
        reject_id = rejects.issue_id()
        if insert_unless_there(connection, genesys_reject, {"digest": digest, "reject_id": reject_id}):
            rejects.keep_as(connection, reject_id, reject)
            kept += 1
    return kept
