"""Taking turns on an SQLite file.

SQLite's own write lock is polled with growing pauses, so that a busy neighbour can starve the others for seconds. A
lock on a file beside the database wakes those who wait in their order.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Turns:
    """A place in the queue of writers of one database file; for one thread at a time."""

    def __init__(self, database_file: str | None) -> None:
        self._path = Path(f"{database_file}-writer") if database_file else None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn, hold it for the block. A database in memory has no neighbours."""
        if self._path is None:
            yield
            return
        with self._path.open("ab") as file:  # closing it gives the turn on
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
