"""Writing records: many in one transaction, each with its own outcome.

A group commit is only worth having if one bad record cannot take its neighbours down. When the database refuses a
group it is halved until the culprits stand alone; everything else is stored.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from time import monotonic, sleep
from typing import Protocol

from sqlalchemy import Connection, select, text, tuple_

from usage_service.database.database import APPLICATION_NAME, Database
from usage_service.errors import KeyReused, NotStored, OutcomeUnknown, ServiceError, StoreUnavailable, UsageServiceError
from usage_service.ledger.model import Outcome, Receipt, none_stored
from usage_service.ledger.records import load_records
from usage_service.ledger.tables import once_key
from usage_service.ledger.writing_postgresql import InDoubt, PostgresqlInserts
from usage_service.ledger.writing_sqlite import SqliteInserts
from usage_service.record import UsageRecord, content_digest


class _NotAll(Exception):
    """Rolls an atomic batch back."""

    def __init__(self, refused: Mapping[int, UsageServiceError]) -> None:
        super().__init__()
        self.refused = refused


class IssueIds(Protocol):
    """Makes fresh record ids, in ascending order."""

    def __call__(self, count: int) -> list[str]: ...


DOUBT_SECONDS, DOUBT_PAUSE_SECONDS = 8.0, 0.1
"""How long an answer that was lost is asked for, and how often."""

MESSAGE_ID = "wsa:"
"""How a key begins that is a WS-Addressing message id."""


class RecordWriter:
    """Writes groups of records; used by one thread at a time."""

    def __init__(self, database: Database, *, host: str, issue_ids: IssueIds) -> None:
        self._database = database
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

    def write_atomically(self, records: Sequence[UsageRecord]) -> list[Outcome]:
        """The same in one transaction: either every record has a receipt or none was stored."""
        record_ids = self._issue_ids(len(records))
        try:
            with self._database.transaction() as connection:
                stored = self._inserts.insert_in(connection, record_ids, records, self._host)
                outcomes = _outcomes(connection, record_ids, records, stored)
                if any(map(_reuses_message_id, records, outcomes)):
                    raise _MessageIdReused
                refused = {place: found for place, found in enumerate(outcomes) if isinstance(found, UsageServiceError)}
                if refused:
                    raise _NotAll(refused)
                return outcomes
        except _MessageIdReused:
            return self.write_atomically(
                [
                    _under_key_of_its_own(record) if _reuses_message_id(record, outcome) else record
                    for record, outcome in zip(records, outcomes, strict=True)
                ]
            )
        except _NotAll as error:
            return none_stored(len(records), error.refused)
        except ServiceError as error:
            return [error] * len(records)

    def close(self) -> None:
        """Give the connection back."""
        self._inserts.close()

    def _write_together(self, records: Sequence[UsageRecord]) -> list[Outcome]:
        record_ids = self._issue_ids(len(records))
        try:
            stored = self._inserts.insert(record_ids, records, self._host)
        except InDoubt as doubt:
            return self.settled_doubt(doubt, record_ids, records)
        if len(stored) == len(records):
            return list(map(Receipt, record_ids))
        return self.outcomes(record_ids, records, stored)

    def settled_doubt(self, doubt: InDoubt, record_ids: Sequence[str], records: Sequence[UsageRecord]) -> list[Outcome]:
        """What became of records whose statement a server process took and whose answer was lost. Never raises.

        The process may still be at work, so it is ended first: nothing can be stored behind our back afterwards.
        """
        until = monotonic() + DOUBT_SECONDS
        while True:
            try:
                with self._database.connect() as connection:
                    connection.execute(text(f"SET LOCAL statement_timeout = {1000 * DOUBT_SECONDS / 4:.0f}"))
                    if _has_ended(connection, doubt.backend):
                        stored = {one.record_id for one in load_records(connection, record_ids)}
                        break
            except ServiceError:
                pass
            if monotonic() > until:
                return [OutcomeUnknown()] * len(records)
            sleep(DOUBT_PAUSE_SECONDS)
        if not stored:  # the statement stores all or nothing; what is sent again finds its key, if it has one
            return [StoreUnavailable(doubt.problem, doubt.cause)] * len(records)
        return self.outcomes(record_ids, records, stored)

    def outcomes(
        self, record_ids: Sequence[str], records: Sequence[UsageRecord], stored: Collection[str]
    ) -> list[Outcome]:
        """What became of each record, if only those with the ids in `stored` were stored. Never raises: what is stored
        must not be written again because the question about its neighbours failed."""
        try:
            with self._database.connect() as connection:
                outcomes = _outcomes(connection, record_ids, records, stored)
        except ServiceError as error:
            return [Receipt(record_id) if record_id in stored else error for record_id in record_ids]
        reused = [place for place, outcome in enumerate(outcomes) if _reuses_message_id(records[place], outcome)]
        if reused:
            again = self.write([_under_key_of_its_own(records[place]) for place in reused])
            for place, outcome in zip(reused, again, strict=True):
                outcomes[place] = outcome
        return outcomes


def _has_ended(connection: Connection, backend: int) -> bool:
    """Whether a server process of ours is gone; asks it to go."""
    ours = {"backend": backend, "name": APPLICATION_NAME}
    query = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = :backend AND application_name = :name"
    )
    return connection.execute(query, ours).first() is None


class _MessageIdReused(Exception):
    """Ends a transaction whose records have to be written under other keys."""


def _reuses_message_id(record: UsageRecord, outcome: Outcome) -> bool:
    """Whether another record was sent with the same WS-Addressing message id.

    Some stacks and mediators send one id with every message. A record is worth more than its header, so the id is then
    taken for no key.
    """
    return isinstance(outcome, KeyReused) and (record.once_key or "").startswith(MESSAGE_ID)


def _under_key_of_its_own(record: UsageRecord) -> UsageRecord:
    """The same record, marked, under a key by which it is still stored once however often it is sent."""
    key = f"{record.once_key}#{content_digest(record)}"
    return replace(record, once_key=key, remarks=(*record.remarks, "message_id_reused"))


def _outcomes(
    connection: Connection, record_ids: Sequence[str], records: Sequence[UsageRecord], stored: Collection[str]
) -> list[Outcome]:
    """What became of each record, if only those with the ids in `stored` were stored."""
    replays = [record for record_id, record in zip(record_ids, records, strict=True) if record_id not in stored]
    originals = _originals(connection, replays) if replays else {}
    return [
        Receipt(record_id) if record_id in stored else _replayed(record, originals)
        for record_id, record in zip(record_ids, records, strict=True)
    ]


def _originals(connection: Connection, replays: Sequence[UsageRecord]) -> Mapping[tuple[str, str], tuple[str, str]]:
    """Service and key → id and content of the record that used the key first."""
    keys = [(record.service, record.once_key) for record in replays]
    found = connection.execute(select(once_key).where(tuple_(once_key.c.service, once_key.c.key).in_(keys)))
    return {(row.service, row.key): (row.record_id, row.content_digest) for row in found}


def _replayed(record: UsageRecord, originals: Mapping[tuple[str, str], tuple[str, str]]) -> Outcome:
    key = record.once_key or ""
    original = originals.get((record.service, key))
    if original is None:
        return NotStored("its idempotency key is just being forgotten; try again")
    record_id, digest = original
    return Receipt(record_id, replayed=True) if digest == content_digest(record) else KeyReused(key, record.service)
