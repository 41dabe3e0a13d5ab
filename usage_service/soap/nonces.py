"""Nonces that were used already, shared by all worker processes: one empty file for each, until it is too old.

Creating a file that must not exist is atomic, which is all that a replay check needs.
"""

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path

from usage_service.errors import ConfigurationError

SWEEP_EVERY = 1_000


class NonceFolder:
    """Remembers nonces for some seconds. Point several machines to one folder to share it between them."""

    def __init__(self, folder: Path, seconds: float) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.getuid():
            raise ConfigurationError(f"the nonce folder {folder} belongs to somebody else")
        self._folder = folder
        self._seconds = seconds
        self._used = 0

    def use(self, nonce: bytes) -> bool:
        """True the first time."""
        self._used += 1
        if self._used % SWEEP_EVERY == 0:
            self.forget_old()
        try:
            os.close(os.open(self._folder / hashlib.sha256(nonce).hexdigest(), os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return False
        return True

    def forget_old(self) -> None:
        """Remove what a fresh token can no longer repeat."""
        for entry in os.scandir(self._folder):
            with suppress(FileNotFoundError):  # another worker was here first
                if entry.stat().st_mtime < time.time() - self._seconds:
                    os.unlink(entry)
