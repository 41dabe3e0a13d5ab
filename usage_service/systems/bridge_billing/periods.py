"""The time a bill is for."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from usage_service.errors import InvalidValue
from usage_service.systems.bridge_billing.accounts import check_text, check_utc

MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A named span of time."""

    name: str
    start: datetime  # UTC
    end: datetime  # UTC, exclusive

    def __post_init__(self) -> None:
        check_text("period", self.name)
        check_utc("periodStart", self.start)
        check_utc("periodEnd", self.end)
        if self.end <= self.start:
            raise InvalidValue("period", "must end after it starts")

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    @property
    def last_instant(self) -> datetime:
        """The last moment that still belongs to it."""
        return self.end - INSTANT


def month(name: str, zone: tzinfo = UTC) -> Period:
    """The calendar month `YYYY-MM`, from midnight to midnight in the zone the bills are written for."""
    match = MONTH.fullmatch(name)
    if match is None:
        raise InvalidValue("period", "must be a month, YYYY-MM")
    year, number = int(match[1]), int(match[2])
    start = datetime(year, number, 1, tzinfo=zone)
    end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)
    return Period(name=name, start=start.astimezone(UTC), end=end.astimezone(UTC))
