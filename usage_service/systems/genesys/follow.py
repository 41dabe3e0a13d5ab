"""Reading finished log files, in order, as one stream.

Reading a log while its server writes it, through any number of rotations.

The log is a row of segments: rotated files, oldest first, and the one being written. We know a segment by its
identity (not its name) and go on to the next one when ours is at its end and a newer one exists. This covers
rotation by renaming, by a new file with the time in its name, and by copy-and-truncate as far as the copy can
be found.
"""

import os
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from usage_service.errors import ServiceError
from usage_service.systems.genesys.event import CallEvent, Place, Rejected
from usage_service.systems.genesys.position import FileIdentity, Position, identify
from usage_service.systems.genesys.scanner import Counts, Found, Scanner, Settings

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


COMPRESSED = (".gz", ".bz2", ".xz", ".zip", ".zst")
ROTATION_NUMBER = re.compile(r"\d{1,4}")
ATTEMPTS = 100
"""How often to list a directory that changes while it is listed."""

Segment = tuple[Path, tuple[int, int]]
"""A file of the log, with its device and inode."""


def follow(
    path: Path,
    settings: Settings,
    idle: Callable[[], bool],
    position: Position | None = None,
    block: int = BLOCK,
) -> Iterator[Batch]:
    """The events of a growing log, from `position` or from the start of the file now at `path`.

    `idle` is called when there is nothing to read: it waits as it sees fit and returns False to stop. A
    message is complete, and therefore read, when the next line is written.
    """
    scanner = Scanner(settings, position.stream if position else None)
    while (log := _first(path, scanner, position)) is None:
        if not idle():
            return
    if position is None or not _resumes(log, position):
        yield from _begin(log, position)
    going: LogFile | None = log
    try:
        while going is not None:
            log = going
            data = log.handle.read(block)
            if _overwritten(log):  # looked at after reading: what was read before is still of the same file
                going = yield from _after_truncation(path, log)
            elif data:
                yield log.batch(log.scanner.feed(data))
            else:
                going = yield from _next(path, log, idle, block)
    finally:
        log.handle.close()


def _next(path: Path, log: LogFile, idle: Callable[[], bool], block: int) -> Generator[Batch, None, LogFile | None]:
    """The file to read on from: the same one after a wait, the next segment, or None to stop."""
    newer = _successor(path, log)
    if newer is None:
        return log if idle() else None
    while batch := log.read(block):  # what was written between our last look and the rotation
        yield batch
    log.handle.close()
    yield newer.start()
    return newer


def segments(path: Path) -> list[Segment]:
    """The files of the log at `path`, oldest first, as they were at one moment.

    The directory is listed until two listings agree, since a rotation renames several files one after the
    other.
    """
    before = _listing(path)
    for _ in range(ATTEMPTS):
        now = _listing(path)
        if now == before:
            return now
        before = now
    raise ServiceError(f"the files of {path} keep changing their names")


def _listing(path: Path) -> list[Segment]:
    found = []
    with os.scandir(path.parent) as entries:
        names = [entry.name for entry in entries]
    for name in names:
        age = _age(path, name)
        if age is not None:
            found.append((age, path.with_name(name)))
    return [segment for _, file in sorted(found) if (segment := _segment(file)) is not None]


def _segment(file: Path) -> Segment | None:
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return file, (status.st_dev, status.st_ino)


def _age(path: Path, name: str) -> tuple[int, int, str] | None:
    """A sort key that puts the oldest first, or None when the file is not of this log.

    `log.2` is older than `log.1`; names with times sort as they are; the log itself is the newest.
    """
    if name == path.name:
        return 2, 0, ""
    if name.endswith(COMPRESSED):
        return None
    tag = ""
    if name.startswith((path.name + ".", path.name + "-")):
        tag = name[len(path.name) + 1 :]
    elif path.suffix and name.startswith(path.stem) and name.endswith(path.suffix):
        tag = name[len(path.stem) : -len(path.suffix)].lstrip("._-")
    if not tag or not tag[0].isdigit():
        return None
    return (1, -int(tag), "") if ROTATION_NUMBER.fullmatch(tag) else (0, 0, tag)


def _open(segment: Segment, scanner: Scanner) -> LogFile | None:
    """The segment, opened; None when a rotation has meanwhile given its name to another file."""
    try:
        handle = segment[0].open("rb", buffering=0)
    except FileNotFoundError:
        return None
    status = os.fstat(handle.fileno())
    if (status.st_dev, status.st_ino) != segment[1]:
        handle.close()
        return None
    return LogFile(segment[0], handle, scanner)


def _first(path: Path, scanner: Scanner, position: Position | None) -> LogFile | None:
    """The file to begin with: the one of the position at its offset, else the oldest; the newest without
    position.
    """
    listed = segments(path)
    if position is None:
        return _choose([file for segment in listed[-1:] if (file := _open(segment, scanner)) is not None])
    for matches in (position.identity.is_file, position.identity.is_copy):
        log = _search(path, scanner, matches)
        if log is not None:
            log.handle.seek(position.stream.offset)
            return log
    return _open(listed[0], scanner) if listed else None


def _resumes(log: LogFile, position: Position) -> bool:
    return position.identity.is_file(log.handle) or position.identity.is_copy(log.handle)


def _begin(log: LogFile, position: Position | None) -> Iterator[Batch]:
    """Start a file that is not the one of the position, saying what may be missing."""
    if position is not None:
        yield log.batch(_lost(position, "the file is gone: what was written to it since is missing"))
    yield log.start()


def _search(path: Path, scanner: Scanner, matches: Callable[[BinaryIO], bool]) -> LogFile | None:
    """The oldest segment that matches; looked for again when a rotation comes between."""
    missed = True
    while missed:
        missed = False
        for segment in segments(path):
            log = _open(segment, scanner)
            if log is None:
                missed = True
            elif matches(log.handle):
                return log
            else:
                log.handle.close()
    return None


def _successor(path: Path, log: LogFile) -> LogFile | None:
    """The segment after the one being read, or None while ours is the newest."""
    while True:
        listed = segments(path)
        inodes = [segment[1] for segment in listed]
        ours = (log.identity.device, log.identity.inode)
        if ours not in inodes and os.fstat(log.handle.fileno()).st_nlink:
            continue  # ours still has a name; the listing missed it in the middle of a renaming
        following = listed[inodes.index(ours) + 1 :] if ours in inodes else listed
        opened = [_open(segment, log.scanner) for segment in following]
        files = [file for file in opened if file is not None]
        if len(files) == len(following):
            return _choose(files)
        for file in files:
            file.handle.close()


def _choose(files: list[LogFile]) -> LogFile | None:
    """The first of the files to go on with; the others are closed.

    An empty file is passed over until something is in it: only what it starts with tells it from the next one
    of its name. So is a copy that is just being made, since its original still has everything; should the
    original be truncated after this look, we notice by the identity taken before it, and find the copy.
    """
    chosen = None
    for number, file in enumerate(files):
        copied = number + 1 < len(files) and file.identity.is_copy(files[number + 1].handle)
        if chosen is None and file.identity.head_size and not copied:
            chosen = file
        else:
            file.handle.close()
    return chosen


def _overwritten(log: LogFile) -> bool:
    """Whether the file was truncated, even if it has grown past our offset again."""
    size = os.fstat(log.handle.fileno()).st_size
    return size < log.handle.tell() or not log.identity.same_head(log.handle)


def _after_truncation(path: Path, log: LogFile) -> Generator[Batch, None, LogFile]:
    """The copy that was made before truncating, where we stopped; without one, the file from its start."""
    offset = log.scanner.stream.offset
    copy = _search(path, log.scanner, log.identity.is_copy)
    if copy is not None:
        log.handle.close()
        copy.handle.seek(offset)
        return copy
    here = Position(log.identity, log.scanner.stream)
    yield log.batch(_lost(here, "the file was truncated and no copy was found: the end of it may be missing"))
    log.handle.seek(0)
    log.identity = identify(log.handle)
    yield log.start()
    return log


def _lost(position: Position, reason: str) -> Found:
    found = Found()
    found.add(Rejected(Place(position.stream.file, position.stream.offset), reason))
    return found
