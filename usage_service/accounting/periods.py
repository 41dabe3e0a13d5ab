"""Periods: spans of record times that can be closed."""

from dataclasses import dataclass
from datetime import datetime

from usage_service.errors import InvalidValue

EVERY_SERVICE = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A span of record times, of one service or of all."""

    starts_at: datetime  # aware, UTC; included
    ends_at: datetime  # aware, UTC; not included
    service: str = EVERY_SERVICE

    def __post_init__(self) -> None:
        if self.starts_at >= self.ends_at:
            raise InvalidValue("endsAt", "must be later than startsAt")


@dataclass(frozen=True, kw_only=True, slots=True)
class ClosedPeriod:
    """A period that is closed now. Its figures are those as of `closed_at`."""

    period: Period
    closed_at: datetime
    actor: str
    reason: str
