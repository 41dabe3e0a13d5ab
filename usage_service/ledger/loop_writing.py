"""Writing records from an event loop: the outcomes of `RecordWriter`, without a thread unless something goes wrong."""

import asyncio
from collections.abc import Sequence

from usage_service.database.database import Database
from usage_service.errors import NotStored, ServiceError
from usage_service.ledger.loop_inserts import LoopInserts
from usage_service.ledger.model import Outcome, Receipt
from usage_service.ledger.writing import IssueIds, RecordWriter
from usage_service.ledger.writing_postgresql import needs_once
from usage_service.record import UsageRecord


class LoopWriter:
    """Writes groups of records into PostgreSQL; one group at a time."""

    def __init__(self, database: Database, *, host: str, issue_ids: IssueIds) -> None:
        self._inserts = LoopInserts(database)
        self._host = host
        self._issue_ids = issue_ids
        self._writer = RecordWriter(database, host=host, issue_ids=issue_ids)

    async def write(self, records: Sequence[UsageRecord], *, atomic: bool = False) -> list[Outcome]:
        """One outcome for each record, in order. What has a receipt is committed; nothing else is in the tables.

        Atomically, either every record has a receipt or none was stored.
        """
        if atomic and needs_once(records):  # the group's one statement leaves out records with a key that was used
            return await asyncio.to_thread(self._writer.write_atomically, records)
        record_ids = self._issue_ids(len(records))
        try:
            stored = await self._inserts.insert(record_ids, records, self._host)
        except NotStored:
            write = self._writer.write_atomically if atomic else self._writer.write
            return await asyncio.to_thread(write, records)  # which finds the culprits
        except ServiceError as error:
            return [error] * len(records)
        if len(stored) == len(records):
            return list(map(Receipt, record_ids))
        return await asyncio.to_thread(self._writer.outcomes, record_ids, records, stored)

    def close(self) -> None:
        """Give the connections back."""
        self._inserts.close()
        self._writer.close()
