"""Rejects: what could not become a record, and what became of it when it was tried again."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Reject:
    """Something that was refused."""

    source: str  # the edge or foreign system it came from
    message_id: str  # which kind of mistake, for example UREC0001E
    reason: str  # what is wrong, for people
    body: bytes  # what was sent
    field: str | None = None  # the field at fault
    content_type: str | None = None
    caller_address: str | None = None
    principal: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptReject:
    """A reject as it is stored; its body may have been cut."""

    reject_id: str
    rejected_at: datetime
    reject: Reject
    body_bytes: int  # length of the whole body
    replayed: bool  # whether a replay has made a record of it

    @property
    def complete(self) -> bool:
        """Whether the whole body was kept; only then can it be replayed."""
        return len(self.reject.body) == self.body_bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """One attempt to make a record of a reject after all."""

    reject_id: str
    actor: str
    record_id: str | None  # None: refused again
    reason: str | None = None  # why it was refused again
