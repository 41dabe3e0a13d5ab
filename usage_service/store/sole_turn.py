"""Work that only one process at a time may do, whatever dies in between.

The database's server or the operating system gives the turn back when its holder is killed, so no lease has to run
out: an advisory lock of a session on PostgreSQL, a lock on a file beside the database on SQLite.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from usage_service.store.database import Database, translated_errors


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
