"""What PostgreSQL can do and SQLite has to be taught: time zones, and exact sums."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from typing import Any
from zoneinfo import ZoneInfo

NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
"""What counts as a number in a property: plain decimal notation, as money and durations are written."""

EXACT = Context(prec=1_000)


def teach(connection: Any) -> None:
    """Register the functions on a driver's connection."""
    connection.create_function("bucket_start", 3, _bucket_start_text, deterministic=True)
    connection.create_function("is_number", 1, is_number, deterministic=True)
    connection.create_aggregate("decimal_sum", 1, DecimalSum)


def is_number(text: str) -> bool:
    """Whether a property's value can be added up."""
    return NUMBER.fullmatch(text) is not None


class DecimalSum:
    """Adds up decimal texts exactly; NULLs are left out, and nothing adds up to NULL."""

    def __init__(self) -> None:
        self._total: Decimal | None = None

    def step(self, value: str | None) -> None:
        """Take one value."""
        if value is not None:
            self._total = EXACT.add(self._total or Decimal(0), Decimal(value))

    def finalize(self) -> str | None:
        """The sum."""
        return None if self._total is None else format(self._total, "f")


def _bucket_start_text(time: str, bucket: str, zone: str) -> str:
    moment = datetime.fromisoformat(time).replace(tzinfo=UTC)
    return bucket_start(moment, bucket, zone).replace(tzinfo=None).isoformat(" ", "milliseconds")


def bucket_start(moment: datetime, bucket: str, zone: str) -> datetime:
    """The instant at which an hour, day, week, month or year began by the clocks of a zone.

    An hour begins where its minutes were 0, counted back from the moment, so that the two hours of the same name at
    the end of summer time stay apart.
    """
    local = moment.astimezone(ZoneInfo(zone))
    if bucket == "hour":
        return moment - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    start = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    match bucket:
        case "week":
            start -= timedelta(days=start.weekday())  # by the calendar, not by 24 hours: both ends are local
        case "month":
            start = start.replace(day=1)
        case "year":
            start = start.replace(month=1, day=1)
    return start.astimezone(UTC)
