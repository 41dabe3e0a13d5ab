"""How far a log has been read, in a form that can be stored and taken up again by another process.

A position holds the whole state of the reader. Stored in the same transaction as the events before it, it
makes a load that is killed at any moment go on without loss or repeat.
"""

import hashlib
import json
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from usage_service.errors import ConfigurationError
from usage_service.systems.genesys.clock import Clock
from usage_service.systems.genesys.event import Place
from usage_service.systems.genesys.scanner import Stream

HEAD = 1024
"""Bytes at the start of a file that tell it from others: they hold its banner or its first times."""


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """Which file it is, whatever its name: rotation renames or copies it and reuses the name."""

    device: int
    inode: int
    head_size: int  # bytes of the head that `head_digest` covers
    head_digest: str

    def same_head(self, handle: BinaryIO) -> bool:
        """Whether an open file starts as this one did."""
        return _digest(os.pread(handle.fileno(), self.head_size, 0), self.head_size) == self.head_digest

    def is_file(self, handle: BinaryIO) -> bool:
        """Whether an open file is this one, and has not been overwritten from its start."""
        status = os.fstat(handle.fileno())
        return (status.st_dev, status.st_ino) == (self.device, self.inode) and self.same_head(handle)

    def is_copy(self, handle: BinaryIO) -> bool:
        """Whether an open file is a copy of this one. An empty head proves nothing."""
        return self.head_size > 0 and self.same_head(handle)

    def refreshed(self, handle: BinaryIO) -> "FileIdentity":
        """The identity with the longer head the file has by now, unless it has been overwritten meanwhile."""
        if self.head_size == HEAD:
            return self
        head = os.pread(handle.fileno(), HEAD, 0)
        if _digest(head, self.head_size) != self.head_digest:
            return self
        return FileIdentity(self.device, self.inode, len(head), _digest(head, len(head)))


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a log between two pieces, with everything needed to go on from there."""

    identity: FileIdentity
    stream: Stream

    def to_json(self) -> str:
        """The position as text for a store."""
        stream = self.stream
        head = None if stream.head is None else _to_text(stream.head)
        anchor = stream.clock.anchor
        return json.dumps(
            {
                "identity": [getattr(self.identity, name) for name in FileIdentity.__slots__],
                "file": stream.file,
                "offset": stream.offset,
                "carry": _to_text(stream.carry),
                "carried_from": list(stream.carried_from),
                "head": head,
                "server": stream.server,
                "session": stream.session,
                "anchor": anchor.isoformat() if anchor else None,
                "utc_offset": stream.clock.offset.total_seconds(),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "Position":
        """The position stored as `text`; `ConfigurationError` when it is none of ours."""
        try:
            stored = json.loads(text)
            return cls(FileIdentity(*stored["identity"]), _stream(stored))
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(f"the stored log position cannot be read: {error}") from error


def identify(handle: BinaryIO) -> FileIdentity:
    """The identity of an open file."""
    status = os.fstat(handle.fileno())
    head = os.pread(handle.fileno(), HEAD, 0)
    return FileIdentity(status.st_dev, status.st_ino, len(head), _digest(head, len(head)))


def _digest(head: bytes, size: int) -> str:
    return hashlib.sha256(head[:size]).hexdigest()


def _stream(stored: dict[str, Any]) -> Stream:
    anchor = stored["anchor"]
    clock = Clock(datetime.fromisoformat(anchor) if anchor else None, timedelta(seconds=stored["utc_offset"]))
    return Stream(
        file=stored["file"],
        offset=stored["offset"],
        carry=b64decode(stored["carry"]),
        carried_from=Place(*stored["carried_from"]),
        head=None if stored["head"] is None else b64decode(stored["head"]),
        server=stored["server"],
        session=stored["session"],
        clock=clock,
    )


def _to_text(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")
