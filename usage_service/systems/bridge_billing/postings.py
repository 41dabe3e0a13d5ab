"""Which CDR line became which usage record, and the ledger of those records."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, select

from usage_service.database.database import Database
from usage_service.errors import KeyReused, NotStored, UsageServiceError
from usage_service.ledger.adjustments import Adjustments
from usage_service.ledger.model import HistoryEntry, Outcome, Reason
from usage_service.ledger.tables import once_key
from usage_service.record import UsageRecord, content_digest
from usage_service.systems.bridge_billing.books import Posting
from usage_service.systems.bridge_billing.tables import cdr_line, cdr_posting

RecordMany = Callable[[Sequence[UsageRecord]], Sequence[Outcome]]

RERATED = Reason(actor="billing", code="RERATED", text="the line was corrected, or another cost centre pays for it")
SUPERSEDED = Reason(actor="billing", code="SUPERSEDED", text="a corrected file no longer has the line")


class Postings:
    """Keeps which line became which usage record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self, sha256: str, first_row: int, last_row: int) -> Mapping[int, Posting]:
        """The postings in force of those rows of a file, by row."""
        columns = cdr_posting.c
        query = select(cdr_posting).where(
            columns.file_sha256 == sha256, columns.row_no >= first_row, columns.row_no <= last_row
        )
        with self._database.connect() as connection:
            rows = connection.execute(query.order_by(columns.row_no, columns.number))
            return {row.row_no: Posting(*row[:-1]) for row in rows}

    def row_hashes(self, sha256: str, first_row: int, last_row: int) -> Mapping[int, str]:
        """The hashes of those lines of a file, by row."""
        columns = cdr_line.c
        query = select(columns.row_no, columns.row_hash).where(
            columns.file_sha256 == sha256, columns.row_no >= first_row, columns.row_no <= last_row
        )
        with self._database.connect() as connection:
            return {row.row_no: row.row_hash for row in connection.execute(query)}

    def add(self, postings: Sequence[Posting], at: datetime) -> None:
        """Keep postings."""
        names = [column.name for column in cdr_posting.columns]
        rows = [dict(zip(names, (*posting, at), strict=True)) for posting in postings]
        if rows:
            with self._database.transaction() as connection:
                connection.execute(insert(cdr_posting), rows)

    def orphans(self, superseded: str, by: str) -> Iterator[Posting]:
        """Postings in force of a superseded file whose row has none in the file that took its place."""
        columns, later, taken = cdr_posting.c, cdr_posting.alias(), cdr_posting.alias()
        same_row = (later.c.file_sha256 == columns.file_sha256, later.c.row_no == columns.row_no)
        query = select(cdr_posting).where(
            columns.file_sha256 == superseded,
            columns.record_id.is_not(None),
            ~select(later.c.number).where(*same_row, later.c.number > columns.number).exists(),
            ~select(taken.c.number).where(taken.c.file_sha256 == by, taken.c.row_no == columns.row_no).exists(),
        )
        with self._database.connect() as connection:
            rows = connection.execute(query.order_by(columns.row_no)).all()
        return (Posting(*row[:-1]) for row in rows)


class UsageLedger:
    """Writes, corrects and voids usage records, so that doing it again after a crash does nothing."""

    def __init__(self, database: Database, record_many: RecordMany, adjustments: Adjustments) -> None:
        self._database = database
        self._record_many = record_many
        self._adjustments = adjustments

    def record_many(self, records: Sequence[UsageRecord]) -> list[str]:
        """Store records and return their ids; one stored earlier with another content is corrected."""
        outcomes = self._record_many(records)
        return [self._settled(record, outcome) for record, outcome in zip(records, outcomes, strict=True)]

    def correct(self, record_id: str, record: UsageRecord) -> str:
        """Let a record say this from now on; returns the id of the one that does."""
        last = self._last(record_id)
        if content_digest(last.stored.record) == content_digest(record):
            return last.stored.record_id
        replacement = self._adjustments.correct(last.stored.record_id, record, RERATED).replacement_id
        if replacement is None:
            raise NotStored(f"record {record_id} was not corrected")
        return replacement

    def void(self, record_id: str) -> None:
        """Let a record count no more."""
        last = self._last(record_id)
        if last.adjustment is None:
            self._adjustments.void(last.stored.record_id, SUPERSEDED)

    def _settled(self, record: UsageRecord, outcome: Outcome) -> str:
        if isinstance(outcome, KeyReused):
            return self.correct(self._original(record), record)
        if isinstance(outcome, UsageServiceError):
            raise outcome
        return outcome.record_id

    def _original(self, record: UsageRecord) -> str:
        key = select(once_key.c.record_id).where(
            once_key.c.service == record.service, once_key.c.key == record.once_key
        )
        with self._database.connect() as connection:
            found: str = connection.execute(key).scalar_one()
            return found

    def _last(self, record_id: str) -> HistoryEntry:
        return self._adjustments.history(record_id)[-1]
