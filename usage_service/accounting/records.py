"""Records as they are asked for and as they are answered."""

from dataclasses import dataclass
from datetime import datetime

from usage_service.record import Property, UsageRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordFilter:
    """Which records are wanted; every condition that is set must hold."""

    global_transaction_id: str | None = None
    service: str | None = None
    event_type: str | None = None
    code: int | None = None
    requester: str | None = None
    source: str | None = None
    from_time: datetime | None = None  # record_time at or after
    to_time: datetime | None = None  # record_time before
    properties: tuple[Property, ...] = ()  # each of these pairs must be among the record's properties
    current: bool = False  # leave out what was voided or replaced
    as_of: datetime | None = None  # what counted at this instant


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredRecord:
    """A record with what the service added when it took it in."""

    record_id: str  # issued by the service; ascending ids are the order of receipt
    received_at: datetime  # aware, UTC
    host: str  # the usage service's own name
    record: UsageRecord


@dataclass(frozen=True, slots=True)
class Page:
    """Some records, and the cursor for the next page; None: this was the last one."""

    records: list[StoredRecord]
    cursor: str | None
