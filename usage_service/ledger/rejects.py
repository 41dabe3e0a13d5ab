"""Rejects: what could not become a record is kept, with its bytes and its reason, until an operator puts it right."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, exists, func, insert, select

from usage_service.database.bulk import insert_rows
from usage_service.database.database import Database
from usage_service.errors import NotFound
from usage_service.ledger.model import KeptReject, Reject, Replay
from usage_service.ledger.tables import usage_reject, usage_reject_replay
from usage_service.record_ids import checked_record_id


class Rejects:
    """Keeps and finds rejects. Bodies longer than `body_limit` bytes are cut."""

    def __init__(self, database: Database, *, issue_ids: Callable[[int], list[str]], body_limit: int = 65_536) -> None:
        self._database = database
        self.issue_ids = issue_ids
        self._body_limit = body_limit

    def keep(self, rejects: Iterable[Reject]) -> Sequence[str]:
        """Store rejects and return their ids."""
        kept = list(rejects)
        if not kept:
            return []
        with self._database.transaction() as connection:
            return self.keep_in(connection, kept)

    def keep_in(
        self, connection: Connection, rejects: Sequence[Reject], ids: Sequence[str] | None = None
    ) -> Sequence[str]:
        """The same in a transaction that does more than that, with ids issued before or now."""
        if ids is None:
            ids = self.issue_ids(len(rejects))
        now = datetime.now(UTC)
        rows = [self._row(reject_id, reject, now) for reject_id, reject in zip(ids, rejects, strict=True)]
        insert_rows(connection, usage_reject, rows)
        return ids

    def get(self, reject_id: str) -> KeptReject:
        """The reject with this id; raises `NotFound`."""
        found = self._find([usage_reject.c.reject_id == checked_record_id(reject_id, "rejectID")], 1)
        if not found:
            raise NotFound("reject", reject_id)
        return found[0]

    def find(
        self, *, source: str | None = None, open_only: bool = False, after: str | None = None, limit: int = 100
    ) -> list[KeptReject]:
        """Rejects in the order of arrival, behind the id `after`; `open_only` leaves out those replayed well."""
        conditions = _conditions(source, open_only)
        if after is not None:
            conditions.append(usage_reject.c.reject_id > checked_record_id(after, "rejectID"))
        return self._find(conditions, limit)

    def every(self, *, source: str | None = None, open_only: bool = False) -> Iterator[KeptReject]:
        """All of them, read as they are asked for; what is replayed meanwhile disturbs nothing."""
        after: str | None = None
        while found := self.find(source=source, open_only=open_only, after=after):
            yield from found
            after = found[-1].reject_id

    def count(self, *, source: str | None = None, open_only: bool = False) -> int:
        """How many there are."""
        query = select(func.count()).select_from(usage_reject).where(*_conditions(source, open_only))
        with self._database.connect() as connection:
            return connection.execute(query).scalar_one()

    def note_replay(self, replay: Replay) -> None:
        """Write down what became of a reject."""
        row = {
            "reject_id": replay.reject_id,
            "replayed_at": datetime.now(UTC),
            "actor": replay.actor,
            "record_id": replay.record_id,
            "reason": replay.reason,
        }
        with self._database.transaction() as connection:
            connection.execute(insert(usage_reject_replay).values(row))

    def _row(self, reject_id: str, reject: Reject, now: datetime) -> dict[str, object]:
        return {
            "reject_id": reject_id,
            "rejected_at": now,
            "source": reject.source,
            "message_id": reject.message_id,
            "field": reject.field,
            "reason": reject.reason,
            "content_type": reject.content_type,
            "caller_address": reject.caller_address,
            "principal": reject.principal,
            "body_bytes": len(reject.body),
            "body": reject.body[: self._body_limit],
        }

    def _find(self, conditions: Sequence[ColumnElement[bool]], limit: int) -> list[KeptReject]:
        query = (
            select(usage_reject, REPLAYED.label("replayed"))
            .where(*conditions)
            .order_by(usage_reject.c.reject_id)
            .limit(limit)
        )
        with self._database.connect() as connection:
            return [
                KeptReject(
                    reject_id=row.reject_id,
                    rejected_at=row.rejected_at,
                    body_bytes=row.body_bytes,
                    replayed=bool(row.replayed),
                    reject=Reject(
                        source=row.source,
                        message_id=row.message_id,
                        reason=row.reason,
                        body=row.body,
                        field=row.field,
                        content_type=row.content_type,
                        caller_address=row.caller_address,
                        principal=row.principal,
                    ),
                )
                for row in connection.execute(query)
            ]


def _conditions(source: str | None, open_only: bool) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if source is not None:
        conditions.append(usage_reject.c.source == source)
    if open_only:
        conditions.append(~REPLAYED)
    return conditions


REPLAYED = exists().where(
    usage_reject_replay.c.reject_id == usage_reject.c.reject_id, usage_reject_replay.c.record_id.is_not(None)
)
