"""Being the only process that does a certain work on a database: the others wait for their turn.

For work that takes several transactions, where a lock that ends with one of them would not do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from zlib import crc32

from sqlalchemy import text

from usage_service.store.database import Database, translated_errors
from usage_service.store.turns import Turns


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
