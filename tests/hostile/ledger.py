"""What a running service has stored since somebody last looked."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from tests.hostile.corpus import StoredRecord

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Service(Protocol):
    """A running service, as the fixture of that name hands it out."""

    host: str
    port: int

    def records(self) -> list[dict[str, Any]]:
        """Every stored record."""

    def worker_pids(self) -> set[int]:
        """The processes that answer."""


class Ledger:
    """Reads the service's store; remembers which records it has shown."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._seen = {row["record_id"] for row in service.records()}

    def news(self) -> list[StoredRecord]:
        """The records stored since the last look, oldest first."""
        rows = [row for row in self._service.records() if row["record_id"] not in self._seen]
        self._seen.update(row["record_id"] for row in rows)
        return [stored_record(row) for row in sorted(rows, key=lambda row: row["record_id"])]


def stored_record(row: Mapping[str, Any]) -> StoredRecord:
    """One row of the service in the corpus's terms."""
    return StoredRecord(
        global_transaction_id=row["global_transaction_id"],
        service=row["service"],
        event_type=row["event_type"],
        record_time=(row["record_time"] - EPOCH) // timedelta(milliseconds=1),
        code=row["code"],
        properties=tuple((name, value) for name, value in row["properties"]),
    )
