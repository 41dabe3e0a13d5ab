"""Retention: the one thing that deletes. Everything else only adds rows.

What is old is looked through in the order of its keys, a bounded number of rows in each transaction, so that writers
are never held up for long and an interrupted run is simply started again. A dry run asks the same questions and
deletes nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, case, delete, exists, literal, or_, select, text, tuple_

from usage_service.database.database import Database
from usage_service.ledger.model import EVERY_SERVICE
from usage_service.ledger.rejects import REPLAYED
from usage_service.ledger.tables import (
    closed_period,
    once_key,
    usage_adjustment,
    usage_property,
    usage_record,
    usage_reject,
    usage_reject_replay,
)
from usage_service.record_ids import latest_possible_id

ROWS = 1_000
"""How many records, keys or rejects one transaction takes."""

CALLERS_KEYS = ("wsa:", "key:", "hash:")
"""How idempotency keys begin that callers sent, or that stand for what they sent. All others are of our own making."""


class Removal(NamedTuple):
    """What came of one transaction."""

    removed: int  # in a dry run: would be
    kept_back: int  # old enough, but still needed


@dataclass(frozen=True, kw_only=True, slots=True)
class Retention:
    """Deletes what is older than an instant. Each method is a run: every step of it is one transaction."""

    database: Database
    dry: bool = False
    rows: int = ROWS

    def records(self, before: datetime, *, open_periods: bool = False) -> Iterator[Removal]:
        """Records received and recorded before an instant, with their properties and history.

        Kept back is what accounting has not finished with: records that no closed period has counted (unless
        `open_periods`), and those whose history has a part that must stay. Numbers of sources stay: they prove that
        nothing is missing.
        """
        last, after = latest_possible_id(before), ""
        while True:
            with self._transaction() as connection:
                page = _record_page(connection, after, last, self.rows)
                if not page:
                    return
                gone = _removable(connection, page, _is_finished(before, open_periods), before)
                self._delete_records(connection, gone)
            yield Removal(len(gone), len(page) - len(gone))
            after = page[-1]

    def keys(self, before: datetime) -> Iterator[Removal]:
        """Idempotency keys first used before an instant: a retry with one of them is a new record again.

        Keys of our own making name what a record was made from: a call, a line of a file. They are kept back as long
        as the record is there, so that it can be corrected.
        """
        columns = once_key.c
        place, after = tuple_(columns.service, columns.key), ("", "")
        has_record = exists().where(usage_record.c.record_id == columns.record_id)
        goes = case((or_(*map(columns.key.startswith, CALLERS_KEYS), ~has_record), 1), else_=0)
        query = select(columns.service, columns.key, goes.label("goes")).order_by(columns.service, columns.key)
        while True:
            with self._transaction() as connection:
                further = tuple_(columns.service, columns.key) > tuple_(*map(literal, after))
                page = connection.execute(query.where(columns.used_at < before, further).limit(self.rows)).all()
                if not page:
                    return
                gone = [(row.service, row.key) for row in page if row.goes]
                if gone and not self.dry:
                    connection.execute(delete(once_key).where(place.in_(gone)))
            yield Removal(len(gone), len(page) - len(gone))
            after = (page[-1].service, page[-1].key)

    def rejects(self, before: datetime, *, replayed: bool) -> Iterator[Removal]:
        """Rejects of before an instant, with their replays: those that became records, or those that never did."""
        columns, after = usage_reject.c, ""
        wanted = (columns.rejected_at < before, REPLAYED if replayed else ~REPLAYED)
        while True:
            with self._transaction() as connection:
                found = select(columns.reject_id).where(*wanted, *_behind(columns.reject_id, after))
                page = connection.execute(found.order_by(columns.reject_id).limit(self.rows)).scalars().all()
                if not page:
                    return
                if not self.dry:
                    connection.execute(delete(usage_reject_replay).where(usage_reject_replay.c.reject_id.in_(page)))
                    connection.execute(delete(usage_reject).where(columns.reject_id.in_(page)))
            yield Removal(len(page), 0)
            after = page[-1]

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """Excludes voids, corrections, closing and reopening between reading and deleting."""
        with self.database.connect() if self.dry else self.database.transaction() as connection:
            if connection.dialect.name == "postgresql" and not self.dry:
                connection.execute(text("LOCK TABLE usage_period IN EXCLUSIVE MODE"))
            yield connection

    def _delete_records(self, connection: Connection, gone: Collection[str]) -> None:
        if gone and not self.dry:
            for table in (usage_property, usage_adjustment, usage_record):
                connection.execute(delete(table).where(table.c.record_id.in_(gone)))


def _record_page(connection: Connection, after: str, last: str, rows: int) -> Sequence[str]:
    column = usage_record.c.record_id
    query = select(column).where(column <= last, *_behind(column, after)).order_by(column).limit(rows)
    return connection.execute(query).scalars().all()


def _behind(column: ColumnElement[str], after: str) -> list[ColumnElement[bool]]:
    """Nothing stands before the first page: an empty text is no id."""
    return [column > after] if after else []


def _is_finished(before: datetime, open_periods: bool) -> ColumnElement[bool]:
    """Whether a record is old enough, and counted by a period that was closed after it came."""
    columns, period = usage_record.c, closed_period.c
    is_old = and_(columns.received_at < before, columns.record_time < before)
    if open_periods:
        return is_old
    is_counted = exists().where(
        period.service.in_((EVERY_SERVICE, columns.service)),
        period.starts_at <= columns.record_time,
        period.ends_at > columns.record_time,
        period.closed_at >= columns.received_at,
    )
    return and_(is_old, is_counted)


def _removable(
    connection: Connection, page: Sequence[str], is_finished: ColumnElement[bool], before: datetime
) -> list[str]:
    """The records of a page that may go: those of one history go together, or none of them."""
    adjusted = _histories(connection, page)
    members = {*page, *adjusted, *(row.replacement_id for row in adjusted.values() if row.replacement_id)}
    found = select(usage_record.c.record_id).where(usage_record.c.record_id.in_(members), is_finished)
    finished = set(connection.execute(found).scalars())
    finished -= {record_id for record_id, row in adjusted.items() if row.adjusted_at >= before}
    staying = _spread(members - finished, adjusted)
    return [record_id for record_id in page if record_id not in staying]


def _histories(connection: Connection, page: Sequence[str]) -> dict[str, Row[Any]]:
    """Every adjustment of the histories that the records of a page belong to, by the record it ended."""
    columns = usage_adjustment.c
    query = select(columns.record_id, columns.replacement_id, columns.adjusted_at)
    found: dict[str, Row[Any]] = {}
    ids = set(page)
    while ids:
        rows = connection.execute(query.where(or_(columns.record_id.in_(ids), columns.replacement_id.in_(ids)))).all()
        fresh = {row.record_id: row for row in rows if row.record_id not in found}
        found |= fresh
        ids = {*fresh, *(row.replacement_id for row in fresh.values() if row.replacement_id)} - ids
    return found


def _spread(staying: set[str], adjusted: Mapping[str, Row[Any]]) -> set[str]:
    """Those that must stay, and all before and after them in their histories."""
    next_of = {record_id: row.replacement_id for record_id, row in adjusted.items() if row.replacement_id}
    previous_of = {replacement_id: record_id for record_id, replacement_id in next_of.items()}
    spread = set(staying)
    for record_id in staying:
        for step in (next_of, previous_of):
            neighbour = step.get(record_id)
            while neighbour is not None:
                spread.add(neighbour)
                neighbour = step.get(neighbour)
    return spread
