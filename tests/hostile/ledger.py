"""What a running service has stored since the last look."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from tests.hostile.corpus import StoredRecord
from tests.running import as_row
from usage_service.database.database import Database
from usage_service.ledger.model import RecordFilter
from usage_service.ledger.records import Records

OVERLAP = 20
"""Records looked at again: two workers may issue ids out of order within one millisecond."""

FIRST = "00000000-0000-0000-0000-000000000000"


class Ledger:
    """Reads a service's store; remembers which records it has shown."""

    def __init__(self, database: Database) -> None:
        self._records = Records(database)
        self._shown: set[str] = set()
        self._from = FIRST

    def news(self) -> list[StoredRecord]:
        """The records stored since the last look, oldest first."""
        rows = [as_row(stored) for stored in self._records.find(RecordFilter(), after=self._from, limit=100_000)]
        fresh = [row for row in rows if row["record_id"] not in self._shown]
        self._shown.update(row["record_id"] for row in fresh)
        with suppress(IndexError):  # fewer records than the overlap
            self._from = rows[-OVERLAP]["record_id"]
        return [_stored_record(row) for row in fresh]


def _stored_record(row: Mapping[str, Any]) -> StoredRecord:
    return StoredRecord(
        global_transaction_id=row["global_transaction_id"],
        service=row["service"],
        event_type=row["event_type"],
        record_time=row["record_time"],
        code=row["code"],
        properties=tuple(row["properties"]),
    )
