"""Writing records: many in one transaction, each with its own outcome.

A group commit is only worth having if one bad record cannot take its neighbours down. When the database refuses a
group it is halved until the culprits stand alone; everything else is stored.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from usage_service.errors import NotStored, StoreUnavailable, UsageServiceError
from usage_service.record import UsageRecord
from usage_service.store.database import Database
from usage_service.store.writing_postgresql import PostgresqlInserts
from usage_service.store.writing_sqlite import SqliteInserts


class Receipt(NamedTuple):
    """The proof that a record is durably stored."""

    record_id: str


Outcome = Receipt | UsageServiceError


class IssueIds(Protocol):
    """Makes fresh record ids, in ascending order."""

    def __call__(self, count: int) -> list[str]: ...


class RecordWriter:
    """Writes groups of records; used by one thread at a time."""

    def __init__(self, database: Database, *, host: str, issue_ids: IssueIds) -> None:
        self._inserts = SqliteInserts(database) if database.dialect == "sqlite" else PostgresqlInserts(database)
        self._host = host
        self._issue_ids = issue_ids

    def write(self, records: Sequence[UsageRecord]) -> list[Outcome]:
        """One outcome for each record, in order. What has a receipt is committed; nothing else is in the tables."""
        try:
            return self._write_together(records)
        except StoreUnavailable as error:
            return [error] * len(records)
        except NotStored as error:
            if len(records) == 1:
                return [error]
            middle = len(records) // 2
            return [*self.write(records[:middle]), *self.write(records[middle:])]

    def close(self) -> None:
        """Give the connection back."""
        self._inserts.close()

    def _write_together(self, records: Sequence[UsageRecord]) -> list[Outcome]:
        record_ids = self._issue_ids(len(records))
        self._inserts.insert(record_ids, records, self._host, datetime.now(UTC))
        return list(map(Receipt, record_ids))
