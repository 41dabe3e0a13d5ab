"""Being the only process that does a certain work on a database: the others wait for their turn.

For work that takes several transactions, where a lock that ends with one of them would not do.

Work that only one process at a time may do, whatever dies in between.

The database's server or the operating system gives the turn back when its holder is killed, so no lease has to run
out: an advisory lock of a session on PostgreSQL, a lock on a file beside the database on SQLite.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

from sqlalchemy import text

from usage_service.database.database import Database, Turns, translated_errors


@contextmanager
def alone(database: Database, work: str) -> Iterator[None]:
    """Do the block while no other process does the same work. Ends with the process, however it dies."""
    if database.dialect == "sqlite":
        with Turns(f"{database.file}-{work}" if database.file else None).turn():
            yield
        return
    lock = {"key": crc32(work.encode())}
    with translated_errors():
        connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("SELECT pg_advisory_lock(:key)"), lock)
    try:
        yield
    finally:
        with translated_errors():
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), lock)
            connection.close()


@contextmanager
def sole_turn(database: Database, work: str) -> Iterator[bool]:
    """Whether this process has the turn for `work`, for the length of the block; never waits for it."""
    with _file_lock(database.file, work) if database.dialect == "sqlite" else _session_lock(database, work) as ours:
        yield ours


@contextmanager
def _file_lock(database_file: str | None, work: str) -> Iterator[bool]:
    if database_file is None:  # a database in memory has no neighbours
        yield True
        return
    with Path(f"{database_file}-{work}").open("ab") as file:  # closing it gives the turn back
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def _session_lock(database: Database, work: str) -> Iterator[bool]:
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with translated_errors(), engine.connect() as connection:
        ours = bool(connection.scalar(text("SELECT pg_try_advisory_lock(hashtext(:work))"), {"work": work}))
        try:
            yield ours
        finally:
            if ours:
                connection.execute(text("SELECT pg_advisory_unlock(hashtext(:work))"), {"work": work})
