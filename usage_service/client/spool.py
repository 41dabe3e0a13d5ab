"""The spool: records wait here, on disk, until the server has acknowledged them.

What `append` has taken survives the death of the process at once, and that of the machine after the next group
commit: one `fsync` for everything that was appended within `flush_seconds`.
"""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from usage_service.client.spool_segment import new_segment, waiting_bytes
from usage_service.errors import SpoolFull, SpoolUnavailable, UsageServiceError

MEBIBYTE = 1024 * 1024

Alarm = Callable[[str, UsageServiceError], None]
"""Called with what an operator should look at: a short name (`spool_full`, `server_away`, …) and the error."""


def no_alarm(_name: str, _error: UsageServiceError) -> None:
    """Does nothing."""


class Spool:
    """The writing side of one process; threads share it. Any number of processes may share the folder."""

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int = 1024 * MEBIBYTE,
        segment_bytes: int = 8 * MEBIBYTE,
        flush_seconds: float = 0.01,
        on_alarm: Alarm = no_alarm,
    ) -> None:
        """`max_bytes` bounds what may wait, over all processes; `SpoolUnavailable` when the folder cannot be used."""
        self.folder = folder
        self.appended = threading.Event()
        self._max_bytes = max_bytes
        self._segment_bytes = segment_bytes
        self._flush_seconds = flush_seconds
        self._on_alarm = on_alarm
        self._lock = threading.Lock()
        self._descriptor = -1
        self._owner = 0
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._waiting = waiting_bytes(folder)
        except OSError as error:
            raise SpoolUnavailable(f"cannot use {folder}: {error.strerror}") from error

    def append(self, line: bytes) -> None:
        """Keep one line; raises `SpoolFull` or `SpoolUnavailable`, and then nothing of it is kept."""
        with self._lock:
            if self._owner != os.getpid():
                self._begin_in_this_process()
            if self._waiting + len(line) > self._max_bytes:
                raise SpoolFull(f"{self._waiting} bytes are waiting, at most {self._max_bytes} may")
            try:
                self._write(line)
            except OSError as error:
                raise SpoolUnavailable(f"cannot write to {self.folder}: {error.strerror}") from error
            self._waiting += len(line)
        self._unflushed.set()
        self.appended.set()

    def flush(self) -> None:
        """Return when everything appended before is on the disk."""
        with self._lock:
            if self._owner == os.getpid() and self._descriptor >= 0:
                os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Flush and let go of the segment, so that whoever drains may delete it."""
        self.flush()
        with self._lock:
            if self._owner == os.getpid() and self._descriptor >= 0:
                os.close(self._descriptor)
            self._descriptor, self._owner = -1, 0
        self.appended.set()

    def _write(self, line: bytes) -> None:
        if self._descriptor < 0 or self._size + len(line) > self._segment_bytes:
            self._next_segment()
        written = os.write(self._descriptor, line)
        if written != len(line):  # the disk is full: take the piece back, or the next line would be damaged
            os.ftruncate(self._descriptor, self._size)
            raise OSError(0, "no space left")
        self._size += written

    def _next_segment(self) -> None:
        if self._descriptor >= 0:
            os.fdatasync(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1
        _, self._descriptor = new_segment(self.folder)
        self._size = 0

    def _begin_in_this_process(self) -> None:
        """At the first record, and again in a forked child: the parent's segment and threads are not ours."""
        if self._descriptor >= 0:
            os.close(self._descriptor)  # the parent still holds it, and its lock
        self._descriptor, self._size, self._owner = -1, 0, os.getpid()
        self._unflushed = threading.Event()
        threading.Thread(target=self._flush_forever, args=(self._owner,), name="spool-flush", daemon=True).start()

    def _flush_forever(self, owner: int) -> None:
        while self._owner == owner:
            self._unflushed.wait()
            time.sleep(self._flush_seconds)
            self._unflushed.clear()
            self._flush_once()

    def _flush_once(self) -> None:
        try:
            with self._lock:
                descriptor = os.dup(self._descriptor) if self._descriptor >= 0 else -1
            if descriptor >= 0:
                try:
                    os.fdatasync(descriptor)  # outside the lock: appending never waits for the disk
                finally:
                    os.close(descriptor)
            self._waiting = waiting_bytes(self.folder)
        except OSError as error:
            self._on_alarm("spool_unavailable", SpoolUnavailable(f"cannot flush {self.folder}: {error.strerror}"))
