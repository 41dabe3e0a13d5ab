"""Reading finished log files, in order, as one stream."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from usage_service.sources.genesys.event import CallEvent, Rejected
from usage_service.sources.genesys.position import FileIdentity, Position, identify
from usage_service.sources.genesys.scanner import Counts, Found, Scanner, Settings

BLOCK = 4_194_304
"""Bytes read at a time."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one piece of log held, and the position behind it. Store both together, or neither."""

    events: tuple[CallEvent, ...]
    rejected: tuple[Rejected, ...]
    counts: Counts
    position: Position


class LogFile:
    """A log file being read by a scanner."""

    def __init__(self, path: Path, handle: BinaryIO, scanner: Scanner) -> None:
        self.path = path
        self.handle = handle
        self.scanner = scanner
        self.identity = identify(handle)

    def batch(self, found: Found) -> Batch:
        """What was found, with the position the scanner has reached."""
        self.identity = self.identity.refreshed(self.handle)
        position = Position(self.identity, self.scanner.stream)
        return Batch(tuple(found.events), tuple(found.rejected), found.counts, position)

    def start(self) -> Batch:
        """Begin the file."""
        self.handle.seek(0)
        return self.batch(self.scanner.open_file(str(self.path)))

    def read(self, block: int = BLOCK) -> Batch | None:
        """The next piece, or None at the present end of the file."""
        data = self.handle.read(block)
        return self.batch(self.scanner.feed(data)) if data else None


def load(
    paths: Sequence[Path], settings: Settings, position: Position | None = None, block: int = BLOCK
) -> Iterator[Batch]:
    """The events of log files given in the order they were written.

    With a `position` of an earlier run, files before it are skipped and its file is read on from there.
    Should it be in none of them, all are read as its continuation.
    """
    scanner = Scanner(settings, position.stream if position else None)
    first = _index(paths, position.identity) if position else None
    last: LogFile | None = None
    for path in paths[first or 0 :]:
        with path.open("rb", buffering=0) as handle:
            last = LogFile(path, handle, scanner)
            if first is not None and path == paths[first]:
                handle.seek(scanner.stream.offset)
            else:
                yield last.start()
            while batch := last.read(block):
                yield batch
    if last is not None:
        found = scanner.finish()
        yield Batch(tuple(found.events), tuple(found.rejected), found.counts, Position(last.identity, scanner.stream))


def _index(paths: Sequence[Path], identity: FileIdentity) -> int | None:
    """Which of the files a position is in: by identity, else by the same start (a copy)."""
    for matches in (identity.is_file, identity.is_copy):
        for number, path in enumerate(paths):
            with path.open("rb", buffering=0) as handle:
                if matches(handle):
                    return number
    return None
