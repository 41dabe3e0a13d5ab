"""Voiding and correcting records: nothing is changed in place, and every record keeps its history.

A record is adjusted at most once, which the primary key of `usage_adjustment` judges; what corrects it is a record of
its own and can be adjusted again. Nothing that happened in a closed period can be touched.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from usage_service.database.bulk import insert_new_rows
from usage_service.database.database import Database
from usage_service.errors import AlreadyAdjusted, CallerError, NotFound
from usage_service.ledger.model import Adjustment, Correction, HistoryEntry, Reason
from usage_service.ledger.periods import closed_periods_of, forbid_if_closed, held_periods
from usage_service.ledger.records import insert_records, load_record, load_records
from usage_service.ledger.tables import usage_adjustment
from usage_service.record import UsageRecord
from usage_service.record_ids import checked_record_id

IssueId = Callable[[], str]


class Adjustments:
    """Voids and corrects stored records."""

    def __init__(self, database: Database, *, host: str, issue_id: IssueId) -> None:
        self._database = database
        self._host = host
        self._issue_id = issue_id

    def void(self, record_id: str, reason: Reason) -> Adjustment:
        """Make a record count no more. Raises `NotFound`, or `Conflict` when it was adjusted before or is closed."""
        return self._one(Correction(record_id=checked_record_id(record_id), replacement=None, reason=reason))

    def correct(self, record_id: str, replacement: UsageRecord, reason: Reason) -> Adjustment:
        """Put a record in the place of another. Raises as `void` does; both records must lie in open periods."""
        return self._one(Correction(record_id=checked_record_id(record_id), replacement=replacement, reason=reason))

    def adjust(self, corrections: Sequence[Correction]) -> list[Adjustment | CallerError]:
        """Void and correct records in one transaction; each has its own outcome, in their order.

        What `void` and `correct` raise is the outcome of that one, and stops no other. Ids are as they stand in the
        tables.
        """
        with held_periods(self._database) as connection:
            forbidden = self._forbidden(connection, corrections)
            return self._adjusted(connection, corrections, forbidden)

    def _one(self, correction: Correction) -> Adjustment:
        [outcome] = self.adjust([correction])
        if isinstance(outcome, CallerError):
            raise outcome
        return outcome

    def _forbidden(self, connection: Connection, corrections: Sequence[Correction]) -> dict[int, CallerError]:
        """What forbids a correction, by its place."""
        ids = [correction.record_id for correction in corrections]
        stored = {one.record_id: one.record for one in load_records(connection, ids)}
        replacements = [one.replacement for one in corrections if one.replacement is not None]
        closed = closed_periods_of(connection, [*stored.values(), *replacements])
        forbidden: dict[int, CallerError] = {}
        seen: set[str] = set()
        for place, correction in enumerate(corrections):
            try:
                if correction.record_id not in stored:
                    raise NotFound("record", correction.record_id)
                forbid_if_closed(stored[correction.record_id], closed)
                if correction.replacement is not None:
                    forbid_if_closed(correction.replacement, closed)
                if correction.record_id in seen:
                    raise AlreadyAdjusted(correction.record_id)
            except CallerError as error:
                forbidden[place] = error
            else:
                seen.add(correction.record_id)
        return forbidden

    def _adjusted(
        self, connection: Connection, corrections: Sequence[Correction], forbidden: Mapping[int, CallerError]
    ) -> list[Adjustment | CallerError]:
        now = datetime.now(UTC)
        wanted = {
            place: Adjustment(
                record_id=one.record_id,
                replacement_id=None if one.replacement is None else self._issue_id(),
                adjusted_at=now,
                reason=one.reason,
            )
            for place, one in enumerate(corrections)
            if place not in forbidden
        }
        made = insert_new_rows(connection, usage_adjustment, [_row(one) for one in wanted.values()], "record_id")
        replacements = {
            adjustment.replacement_id: replacement
            for place, adjustment in wanted.items()
            if adjustment.record_id in made
            and adjustment.replacement_id is not None
            and (replacement := corrections[place].replacement) is not None
        }
        insert_records(connection, replacements, self._host, now)
        outcomes: list[Adjustment | CallerError] = []
        for place, correction in enumerate(corrections):
            if place in forbidden:
                outcomes.append(forbidden[place])
            elif correction.record_id in made:
                outcomes.append(wanted[place])
            else:
                outcomes.append(AlreadyAdjusted(correction.record_id))
        return outcomes

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


def _row(adjustment: Adjustment) -> dict[str, Any]:
    return {
        "record_id": adjustment.record_id,
        "replacement_id": adjustment.replacement_id,
        "adjusted_at": adjustment.adjusted_at,
        "actor": adjustment.reason.actor,
        "reason_code": adjustment.reason.code,
        "reason": adjustment.reason.text,
        "principal": adjustment.reason.principal,
    }


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
        reason = Reason(actor=row.actor, code=row.reason_code, text=row.reason, principal=row.principal)
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
