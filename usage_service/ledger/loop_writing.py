"""Writing groups of records into PostgreSQL from an event loop, without a thread unless something goes wrong.

libpq answers over a socket, which a loop can wait for like for any client's. To hand a small group to a thread and back
costs more than the group: both threads need the interpreter, and each has to win it from the other.
"""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from re import sub
from select import POLLRDHUP, poll
from typing import Any

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, abc
from sqlalchemy import Connection

from usage_service.database.database import Database, translated, translated_errors
from usage_service.errors import NotStored, ServiceError, StoreUnavailable
from usage_service.ledger.model import Outcome, Receipt
from usage_service.ledger.writing import IssueIds, RecordWriter
from usage_service.ledger.writing_postgresql import INSERT, INSERT_ONCE, InDoubt, insert_of, needs_once
from usage_service.record import UsageRecord

_PREPARED = {INSERT: b"usage_insert", INSERT_ONCE: b"usage_insert_once"}
ANSWER_SECONDS = 15.0
"""How long a group may take; longer than a lock is held that anyone should hold."""
_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


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
        except InDoubt as doubt:
            return await asyncio.to_thread(self._writer.settled_doubt, doubt, record_ids, records)
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


class LoopInserts:
    """Keeps one connection in autocommit. For one loop, and one group at a time."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._session: _Session | None = None

    async def insert(self, record_ids: Sequence[str], records: Sequence[UsageRecord], host: str) -> Collection[str]:
        """Store all of them or, raising, none; except those whose idempotency key was used before.

        Returns the ids that were stored. Raises `StoreUnavailable` or `NotStored`.
        """
        if self._session is None or self._session.lost:
            self.close()
            self._session = _Session(await asyncio.to_thread(self._connected))
        statement, values = insert_of(record_ids, records, host)
        answer = await self._session.execute(_PREPARED[statement], values)
        if answer.status == ExecStatus.COMMAND_OK:
            return record_ids
        return {(answer.get_value(row, 0) or b"").decode() for row in range(answer.ntuples)}

    def close(self) -> None:
        """Give the connection up."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _connected(self) -> Connection:
        with translated_errors():
            connection = self._engine.connect()
        try:
            with _translated_errors():
                limit = b"SET statement_timeout = %d" % (1000 * ANSWER_SECONDS)
                _checked(_libpq(connection).exec_(limit))
                for statement, name in _PREPARED.items():
                    _checked(_libpq(connection).prepare(name, _numbered(statement)))
        except BaseException:
            _end(connection)
            raise
        return connection


class _Session:
    """One connection while a loop listens to it."""

    def __init__(self, connection: Connection) -> None:
        self.lost = False
        self._connection = connection
        self._libpq = _libpq(connection)
        self._socket = self._libpq.socket
        self._loop = asyncio.get_running_loop()
        self._results: list[abc.PGresult] = []
        self._answer: asyncio.Future[abc.PGresult] | None = None
        self._listening = True
        self._loop.add_reader(self._socket, self._receive)

    async def execute(self, statement: bytes, values: Sequence[str | None]) -> abc.PGresult:
        """The answer to a prepared statement."""
        answer = self._answer = self._loop.create_future()
        deadline = self._loop.call_later(ANSWER_SECONDS, self._settle, psycopg.OperationalError("no answer in time"))
        backend = self._libpq.backend_pid
        try:
            with _translated_errors():
                self._libpq.send_query_prepared(statement, [None if text is None else text.encode() for text in values])
                if self._libpq.flush():
                    self._loop.add_writer(self._socket, self._send)
                return _checked(await answer)
        except NotStored:
            raise
        except StoreUnavailable as error:
            self.lost = True
            raise InDoubt(backend, error.cause) from error
        except BaseException:
            self.lost = True  # it is broken, or a response without a waiter is on its way
            raise
        finally:
            deadline.cancel()
            self._answer = None

    def close(self) -> None:
        """Stop listening and end the connection."""
        self._stop_listening()
        _end(self._connection)

    def _stop_listening(self) -> None:
        """Once only, and while the descriptor is ours: afterwards its number may belong to another connection."""
        if self._listening:
            self._listening = False
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)

    def _send(self) -> None:
        try:
            if not self._libpq.flush():
                self._loop.remove_writer(self._socket)
        except psycopg.Error as error:
            self._settle(error)

    def _receive(self) -> None:
        try:
            while True:
                self._libpq.consume_input()  # raises at the connection's end
                while not self._libpq.is_busy():
                    result = self._libpq.get_result()
                    if result is None:
                        self._settle(None)
                        return
                    self._results.append(result)
                if not _has_ended(self._socket):
                    return  # there is more to come
        except psycopg.Error as error:
            self._settle(error)

    def _settle(self, error: psycopg.Error | None) -> None:
        results, self._results = self._results, []
        if error is not None or self._answer is None or not results:
            self.lost = True  # also when the server speaks without being asked: it says goodbye
            self._stop_listening()
        if self._answer is None or self._answer.done():
            return
        if error is None and results:
            self._answer.set_result(results[0])
        else:
            self._answer.set_exception(error or psycopg.OperationalError("the server ended the connection"))


def _has_ended(descriptor: int) -> bool:
    """Whether the other side has hung up: an event loop may say so once only, together with what was said last."""
    state = poll()
    state.register(descriptor, POLLRDHUP)
    return bool(state.poll(0))


def _end(connection: Connection) -> None:
    """What was prepared in it, or is on its way to it, must not reach another user of the pool."""
    with translated_errors():
        connection.invalidate()
        connection.close()


@contextmanager
def _translated_errors() -> Iterator[None]:
    """The gate for what does not pass through SQLAlchemy."""
    try:
        yield
    except psycopg.Error as error:
        raise translated(error) from error


def _libpq(connection: Connection) -> abc.PGconn:
    driver: Any = connection.connection.driver_connection
    libpq: abc.PGconn = driver.pgconn
    return libpq


def _checked(result: abc.PGresult) -> abc.PGresult:
    if result.status not in _DONE:
        raise error_from_result(result)
    return result


def _numbered(statement: str) -> bytes:
    """With the parameters as PostgreSQL itself writes them: $1, $2, …"""
    numbers = iter(range(1, statement.count("%s") + 1))
    return sub("%s", lambda _: f"${next(numbers)}", statement).encode()
