"""What was done to a record after it was stored, by whom and why."""

from dataclasses import dataclass
from datetime import datetime

from usage_service.accounting.records import StoredRecord
from usage_service.errors import InvalidValue


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Who adjusts a record and why. None of the three may be empty."""

    actor: str  # a person or program
    code: str  # for programs, for example DUPLICATE
    text: str  # for people

    def __post_init__(self) -> None:
        for field, value in (("actor", self.actor), ("reasonCode", self.code), ("reason", self.text)):
            if not value.strip():
                raise InvalidValue(field, "must not be empty")


@dataclass(frozen=True, kw_only=True, slots=True)
class Adjustment:
    """What was done to a record."""

    record_id: str
    replacement_id: str | None  # None: voided
    adjusted_at: datetime
    reason: Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryEntry:
    """One record of a history, and what ended its life, if anything did."""

    stored: StoredRecord
    adjustment: Adjustment | None
