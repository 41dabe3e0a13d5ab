"""The files of a spool folder.

Every process appends to a *segment* of its own, `<time>-<random>.jsonl`, and holds a lock on it while it may still
write. `<segment>.sent` says up to which byte the server has acknowledged the records; a crash may lose that number,
which costs nothing but sending again what the idempotency key then recognises. A segment is deleted when its writer has
let go of it and all of it is acknowledged.
"""

import os
import time
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import uuid4

from usage_service.file_lock import lock_file, try_lock_file, try_locked_file

SEGMENTS = "*.jsonl"
LONGEST_LINE = 16 * 1024 * 1024


def new_segment(folder: Path) -> tuple[Path, int]:
    """A fresh segment and its descriptor, locked for this process. Its name is durable before it is used."""
    while True:
        path = folder / f"{time.time_ns():020d}-{uuid4().hex[:8]}.jsonl"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        lock_file(descriptor)
        if path.exists():  # it was not deleted between the two calls above
            sync_folder(folder)
            return path, descriptor
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make what was created or deleted in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Segment:
    """One segment as its reader sees it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position = _read_position(_position_file(path))
        self._file = path.open("rb")

    def head(self) -> bytes | None:
        """The oldest line that is not acknowledged; None when there is none, or it is only half written yet."""
        self._file.seek(self.position)
        line = self._file.readline(LONGEST_LINE)
        return line if line.endswith(b"\n") or len(line) == LONGEST_LINE else None

    def advance(self, line: bytes) -> None:
        """The head is acknowledged."""
        self.position += len(line)
        with _position_file(self.path).open("wb") as file:
            file.write(b"%020d\n" % self.position)

    def torn_end(self) -> bytes:
        """What a writer that died (the machine with it) left of its last line."""
        self._file.seek(self.position)
        return self._file.read(LONGEST_LINE)

    def is_left(self) -> bool:
        """Whether its writer will never write to it again."""
        with self.path.open("rb") as probe:
            return try_lock_file(probe.fileno())

    def delete(self) -> None:
        """Remove it; to be called only for one that is left and acknowledged."""
        self.close()
        self.path.unlink(missing_ok=True)
        _position_file(self.path).unlink(missing_ok=True)

    def close(self) -> None:
        self._file.close()


def segments(folder: Path) -> list[Path]:
    """Every segment, oldest first."""
    return sorted(folder.glob(SEGMENTS))


def waiting_bytes(folder: Path) -> int:
    """How many bytes of the whole spool are not acknowledged."""
    total = 0
    for path in segments(folder):
        try:
            total += max(0, path.stat().st_size - _read_position(_position_file(path)))
        except FileNotFoundError:  # drained meanwhile
            continue
    return total


def only_drainer(folder: Path) -> AbstractContextManager[bool]:
    """True for the block if no other process drains this spool, false at once if one does."""
    return try_locked_file(folder / "drain.lock")


def _position_file(path: Path) -> Path:
    return path.with_suffix(".sent")


def _read_position(path: Path) -> int:
    try:
        return int(path.read_bytes() or b"0")
    except (FileNotFoundError, ValueError):
        return 0
