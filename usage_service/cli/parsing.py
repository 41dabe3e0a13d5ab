"""Reading what people type."""

from datetime import UTC, datetime, timedelta

from usage_service.errors import InvalidValue
from usage_service.record import Property
from usage_service.times import time_from_iso


def aware_time(text: str) -> datetime:
    """An ISO 8601 time; one without an offset is taken as UTC."""
    try:
        return time_from_iso(text, zone=UTC)
    except ValueError as error:
        raise InvalidValue("time", f"{text} is not an ISO 8601 time such as 2012-10-29T14:41:00Z") from error


def pair(text: str) -> Property:
    """`NAME=VALUE`; the value may hold further equals signs."""
    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidValue("property", f"{text} is not NAME=VALUE")
    return Property(name, value)


def calendar_period(text: str) -> tuple[datetime, datetime]:
    """First moment of a year, month or day in UTC (`2026`, `2026-03`, `2026-03-02`), and of the next one."""
    try:
        numbers = [int(part) for part in text.split("-")]
        year, month, day = (*numbers, 1, 1)[:3] if len(numbers) < 3 else numbers
        start = datetime(year, month, day, tzinfo=UTC)
    except ValueError as error:
        raise InvalidValue("period", f"{text} is not a year, month or day such as 2026-03") from error
    if len(numbers) == 1:
        return start, start.replace(year=year + 1)
    if len(numbers) == 2:
        return start, start.replace(year=year + month // 12, month=month % 12 + 1)
    return start, start + timedelta(days=1)
