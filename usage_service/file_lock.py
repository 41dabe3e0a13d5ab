"""Exclusive locks on files, between processes of one machine (flock(2)).

The operating system gives a lock back when its holder dies, and wakes those who wait in their order. Standard library
only.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def lock_file(descriptor: int) -> None:
    """Wait for the exclusive lock on an open file; it ends when the last copy of the descriptor is closed."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def try_lock_file(descriptor: int) -> bool:
    """Take the exclusive lock on an open file without waiting; False when another process holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _own_file(path: Path) -> BinaryIO:
    """Opened for its owner alone: who can open the file can keep its owner waiting."""
    return open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))


@contextmanager
def locked_file(path: Path) -> Iterator[None]:
    """Wait for the exclusive lock on a file and hold it for the block. Makes the file and leaves it there."""
    with _own_file(path) as file:
        lock_file(file.fileno())
        yield


@contextmanager
def try_locked_file(path: Path) -> Iterator[bool]:
    """The same without waiting: whether the lock is held for the block."""
    with _own_file(path) as file:
        yield try_lock_file(file.fileno())
