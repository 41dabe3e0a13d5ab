"""Voiding and correcting records: nothing is changed in place, and every record keeps its history.

A record is adjusted at most once, which the primary key of `usage_adjustment` judges; what corrects it is a record of
its own and can be adjusted again. Nothing that happened in a closed period can be touched.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from usage_service.database.bulk import insert_new_row
from usage_service.database.database import Database
from usage_service.errors import Conflict
from usage_service.ledger.model import Adjustment, HistoryEntry, Reason
from usage_service.ledger.periods import forbid_if_closed, held_periods
from usage_service.ledger.records import insert_record, load_record, load_records
from usage_service.ledger.tables import usage_adjustment
from usage_service.record import UsageRecord

IssueId = Callable[[], str]


class Adjustments:
    """Voids and corrects stored records."""

    def __init__(self, database: Database, *, host: str, issue_id: IssueId) -> None:
        self._database = database
        self._host = host
        self._issue_id = issue_id

    def void(self, record_id: str, reason: Reason) -> Adjustment:
        """Make a record count no more. Raises `NotFound`, or `Conflict` when it was adjusted before or is closed."""
        with held_periods(self._database) as connection:
            forbid_if_closed(connection, load_record(connection, record_id).record)
            return _adjust(connection, record_id, None, reason)

    def correct(self, record_id: str, replacement: UsageRecord, reason: Reason) -> Adjustment:
        """Put a record in the place of another. Raises as `void` does; both records must lie in open periods."""
        with held_periods(self._database) as connection:
            forbid_if_closed(connection, load_record(connection, record_id).record)
            forbid_if_closed(connection, replacement)
            replacement_id = self._issue_id()
            insert_record(connection, replacement_id, replacement, self._host, datetime.now(UTC))
            return _adjust(connection, record_id, replacement_id, reason)

    def history(self, record_id: str) -> list[HistoryEntry]:
        """The whole chain that a record belongs to, oldest first. Raises `NotFound`."""
        with self._database.connect() as connection:
            load_record(connection, record_id)
            first = _first_of_chain(connection, record_id)
            adjustments = _chain_from(connection, first)
            ids = [first, *(a.replacement_id for a in adjustments if a.replacement_id is not None)]
            ends = {adjustment.record_id: adjustment for adjustment in adjustments}
            return [
                HistoryEntry(stored=stored, adjustment=ends.get(stored.record_id))
                for stored in load_records(connection, ids)
            ]


def _adjust(connection: Connection, record_id: str, replacement_id: str | None, reason: Reason) -> Adjustment:
    now = datetime.now(UTC)
    row = {
        "record_id": record_id,
        "replacement_id": replacement_id,
        "adjusted_at": now,
        "actor": reason.actor,
        "reason_code": reason.code,
        "reason": reason.text,
    }
    if not insert_new_row(connection, usage_adjustment, row):
        raise Conflict(f"record {record_id} was voided or corrected before")
    return Adjustment(record_id=record_id, replacement_id=replacement_id, adjusted_at=now, reason=reason)


def _first_of_chain(connection: Connection, record_id: str) -> str:
    while True:
        previous = connection.execute(
            select(usage_adjustment.c.record_id).where(usage_adjustment.c.replacement_id == record_id)
        ).scalar_one_or_none()
        if previous is None:
            return record_id
        record_id = previous


def _chain_from(connection: Connection, record_id: str | None) -> list[Adjustment]:
    adjustments = []
    while record_id is not None:
        row = connection.execute(
            select(usage_adjustment).where(usage_adjustment.c.record_id == record_id)
        ).one_or_none()
        if row is None:
            break
        reason = Reason(actor=row.actor, code=row.reason_code, text=row.reason)
        adjustments.append(
            Adjustment(
                record_id=row.record_id,
                replacement_id=row.replacement_id,
                adjusted_at=row.adjusted_at,
                reason=reason,
            )
        )
        record_id = row.replacement_id
    return adjustments
