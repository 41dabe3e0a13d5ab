"""Exclusive locks on a kind of work: what only one process at a time may do on a database, over many transactions.

An advisory lock of a session on PostgreSQL, a lock on a file beside the database on SQLite. The server or the operating
system gives it back when its holder dies, so no lease has to run out. A database in memory has no neighbours.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

from sqlalchemy import text

from usage_service.database.database import Database, translated_errors
from usage_service.file_lock import locked_file, try_locked_file


@contextmanager
def exclusive_lock(database: Database, work: str) -> Iterator[None]:
    """Wait until no other process does the same work, and hold the lock for the block.

    Raises `StoreUnavailable` when the database cannot be asked.
    """
    if database.dialect == "postgresql":
        with _advisory_lock(database, work, "SELECT true FROM pg_advisory_lock(:key)"):
            yield
    elif database.file is None:
        yield
    else:
        with locked_file(_lock_path(database.file, work)):
            yield


@contextmanager
def try_exclusive_lock(database: Database, work: str) -> Iterator[bool]:
    """The same without waiting: whether this process holds the lock for the block."""
    if database.dialect == "postgresql":
        with _advisory_lock(database, work, "SELECT pg_try_advisory_lock(:key)") as ours:
            yield ours
    elif database.file is None:
        yield True
    else:
        with try_locked_file(_lock_path(database.file, work)) as ours:
            yield ours


def _lock_path(database_file: str, work: str) -> Path:
    return Path(f"{database_file}-{work}")


@contextmanager
def _advisory_lock(database: Database, work: str, take: str) -> Iterator[bool]:
    key = {"key": crc32(work.encode())}
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with translated_errors(), engine.connect() as connection:
        ours = bool(connection.scalar(text(take), key))
        try:
            yield ours
        finally:
            if ours:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
