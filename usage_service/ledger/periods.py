"""Closing periods: what happened in a closed one can no longer be voided or corrected.

Closing waits for every record that is just being written and holds up the next ones for an instant, so that each
record was either seen by the closing or came after it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, func, insert, select, text

from usage_service.database.database import Database
from usage_service.errors import Conflict, InvalidValue, NotFound
from usage_service.ledger.model import EVERY_SERVICE, ClosedPeriod, Period
from usage_service.ledger.tables import closed_period, usage_current, usage_period
from usage_service.record import UsageRecord


class Periods:
    """Closes and reopens periods."""

    def __init__(self, database: Database, *, issue_id: Callable[[], str]) -> None:
        self._database = database
        self._issue_id = issue_id

    def close(self, period: Period, *, actor: str, reason: str) -> tuple[ClosedPeriod, int]:
        """Close a period; returns it with the number of records that count in it. `Conflict` if it is closed."""
        with self._database.transaction() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("LOCK TABLE usage_period IN EXCLUSIVE MODE"))
                connection.execute(text("LOCK TABLE usage_record IN SHARE MODE"))
            if _is_closed(connection, period):
                raise Conflict("the period is closed already")
            closed_at = self._enter(connection, period, True, actor, reason)
            return ClosedPeriod(period=period, closed_at=closed_at, actor=actor, reason=reason), _count(
                connection, period
            )

    def reopen(self, period: Period, *, actor: str, reason: str) -> None:
        """Open a closed period again; raises `NotFound` if it is not closed."""
        with self._database.transaction() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("LOCK TABLE usage_period IN EXCLUSIVE MODE"))
            if not _is_closed(connection, period):
                raise NotFound("closed period", f"{period.starts_at.isoformat()} to {period.ends_at.isoformat()}")
            self._enter(connection, period, False, actor, reason)

    def closed(self) -> list[ClosedPeriod]:
        """Every period that is closed now, oldest first."""
        with self._database.connect() as connection:
            rows = connection.execute(
                select(closed_period).order_by(closed_period.c.starts_at, closed_period.c.service)
            )
            return [
                ClosedPeriod(
                    period=Period(starts_at=row.starts_at, ends_at=row.ends_at, service=row.service),
                    closed_at=row.closed_at,
                    actor=row.actor,
                    reason=row.reason,
                )
                for row in rows
            ]

    def _enter(self, connection: Connection, period: Period, closed: bool, actor: str, reason: str) -> datetime:
        if not actor.strip():
            raise InvalidValue("actor", "must not be empty")
        now = _now(connection)
        connection.execute(
            insert(usage_period).values(
                entry_id=self._issue_id(),
                service=period.service,
                starts_at=period.starts_at,
                ends_at=period.ends_at,
                closed=closed,
                entered_at=now,
                actor=actor,
                reason=reason,
            )
        )
        return now


def _now(connection: Connection) -> datetime:
    """The clock that `received_at` is read from: PostgreSQL's own, or this machine's for SQLite."""
    if connection.dialect.name == "postgresql":
        moment: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return moment.astimezone(UTC)
    return datetime.now(UTC)


@contextmanager
def held_periods(database: Database) -> Iterator[Connection]:
    """A transaction during which no period can be closed."""
    with database.transaction() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE usage_period IN SHARE MODE"))
        yield connection


def closed_periods_of(connection: Connection, records: Iterable[UsageRecord]) -> list[Period]:
    """The closed periods that these records may lie in."""
    services = {record.service for record in records}
    columns = closed_period.c
    query = select(columns.starts_at, columns.ends_at, columns.service).where(
        columns.service.in_({EVERY_SERVICE, *services})
    )
    return [
        Period(starts_at=row.starts_at, ends_at=row.ends_at, service=row.service) for row in connection.execute(query)
    ]


def forbid_if_closed(record: UsageRecord, closed: Iterable[Period]) -> None:
    """Raise `Conflict` if the record lies in one of these closed periods."""
    for period in closed:
        same_service = period.service in (EVERY_SERVICE, record.service)
        if same_service and period.starts_at <= record.record_time < period.ends_at:
            raise Conflict(f"the period {period.starts_at.isoformat()} to {period.ends_at.isoformat()} is closed")


def _is_closed(connection: Connection, period: Period) -> bool:
    columns = closed_period.c
    same = (
        columns.service == period.service,
        columns.starts_at == period.starts_at,
        columns.ends_at == period.ends_at,
    )
    return connection.execute(select(columns.service).where(*same)).first() is not None


def _count(connection: Connection, period: Period) -> int:
    columns = usage_current.c
    conditions = [columns.record_time >= period.starts_at, columns.record_time < period.ends_at]
    if period.service != EVERY_SERVICE:
        conditions.append(columns.service == period.service)
    return connection.execute(select(func.count()).select_from(usage_current).where(*conditions)).scalar_one()
