"""Taking Genesys logs into the store, batch by batch, and settling what they change.

The events of a batch, what was rejected in it and the position behind it are stored in one transaction: a reader
killed at any moment goes on exactly there.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from usage_service.database.database import Database
from usage_service.errors import UnreadableFile
from usage_service.ledger.rejects import Rejects
from usage_service.systems.genesys.book import enter
from usage_service.systems.genesys.follow import BLOCK, Batch, follow, load
from usage_service.systems.genesys.position import Position
from usage_service.systems.genesys.scanner import LONGEST, Counts, Settings, head_end, read_banner
from usage_service.systems.genesys.settling import Settled, Settler, rejects_of
from usage_service.systems.genesys.store import hold_calls, keep_rejects, log_position, put_position

SETTLE_EVERY = 20_000
"""Changed calls after which a load settles on the way, so that little is left to do at the end."""


@dataclass(slots=True)
class Loaded:
    """What a reading took in so far."""

    counts: Counts = field(default_factory=Counts)
    changed: int = 0  # calls of which events said something new, counted once for each batch
    kept: int = 0  # new rejects
    settled: Settled = field(default_factory=Settled)


Progress = Callable[[Loaded], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a follower looks, in seconds."""

    poll: float = 0.5  # for new lines, when there are none
    settle: float = 10  # for interactions to settle, time-outs included


class Loader:
    """Reads logs into the store."""

    def __init__(self, database: Database, settler: Settler, rejects: Rejects, block: int = BLOCK) -> None:
        self._database = database
        self._settler = settler
        self._rejects = rejects
        self._block = block

    def load(self, paths: Sequence[Path], settings: Settings, progress: Progress = lambda loaded: None) -> Loaded:
        """Read finished files, in the order they were written, on from where an earlier load of this log stopped.

        Links that have one side so far go on waiting, however old: the log of the other server may come next. Raises
        `UnreadableFile`.
        """
        loaded, since = Loaded(), 0
        with _file_errors():
            log = log_name(paths[0], settings.server)
            for batch in load(paths, settings, self._position(log), self._block):
                since += self._take(log, batch, loaded)
                if since >= SETTLE_EVERY:
                    self._settler.settle()
                    since = 0
                progress(loaded)
        _add(loaded.settled, self._settler.settle())
        return loaded

    def follow(
        self,
        path: Path,
        settings: Settings,
        stopped: Event,
        pace: Pace | None = None,
        progress: Progress = lambda loaded: None,
    ) -> Loaded:
        """Read a log while it grows, through its rotations, until stopped; settle on the way, with time-outs."""
        pace = pace or Pace()
        loaded, next_settling = Loaded(), time.monotonic() + pace.settle

        def settle_in_time() -> None:
            nonlocal next_settling
            if time.monotonic() >= next_settling:
                _add(loaded.settled, self._settler.settle(datetime.now(UTC)))
                next_settling = time.monotonic() + pace.settle

        def idle() -> bool:
            settle_in_time()
            progress(loaded)
            return not stopped.wait(pace.poll)

        with _file_errors():
            log = settings.server or str(path.resolve())  # not by its banner: there may be no file yet
            for batch in follow(path, settings, idle, self._position(log), self._block):
                self._take(log, batch, loaded)
                settle_in_time()
        _add(loaded.settled, self._settler.settle(datetime.now(UTC)))
        return loaded

    def _position(self, log: str) -> Position | None:
        stored = log_position(self._database, log)
        return None if stored is None else Position.from_json(stored)

    def _take(self, log: str, batch: Batch, loaded: Loaded) -> int:
        """Store a batch with its position; returns how many calls it changed."""
        rejected = rejects_of(batch)
        with self._database.transaction() as transaction:
            hold_calls(transaction)
            changed = enter(transaction, batch.events)
            loaded.kept += keep_rejects(transaction, self._rejects, rejected)
            put_position(transaction, log, batch.position.to_json())
        loaded.counts.add(batch.counts)
        loaded.changed += changed
        return changed


def log_name(path: Path, server: str) -> str:
    """What tells a log from others: the name of its server, else that in its banner, else its path."""
    if server:
        return server
    with path.open("rb") as handle:
        head = handle.read(LONGEST)
    return read_banner(head[: head_end(head, complete=True)]).application or str(path.resolve())


@contextmanager
def _file_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnreadableFile(f"{error.filename}: {error.strerror}") from error


def _add(total: Settled, more: Settled) -> None:
    for name in Settled.__slots__:
        setattr(total, name, getattr(total, name) + getattr(more, name))
