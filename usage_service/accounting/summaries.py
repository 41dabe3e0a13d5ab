"""Summaries: what is counted and added up, and each group's figures."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from usage_service.accounting.records import RecordFilter
from usage_service.errors import InvalidValue

Bucket = Literal["hour", "day", "week", "month", "year"]
Dimension = Literal["service", "event_type", "code", "requester", "source"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SummaryQuery:
    """What to count and how to group it."""

    wanted: RecordFilter
    dimensions: tuple[Dimension, ...] = ()
    property_names: tuple[str, ...] = ()  # group by the (first) value of these properties
    bucket: Bucket | None = None  # group by span of record time …
    time_zone: str = "UTC"  # … as clocks in this zone show it
    sum_property: str | None = None  # add up this property, wherever it is a number

    def __post_init__(self) -> None:
        for dimension in self.dimensions:
            if dimension not in get_args(Dimension):
                raise InvalidValue("groupBy", f"{dimension} is not one of {', '.join(get_args(Dimension))}")
        if self.bucket is not None and self.bucket not in get_args(Bucket):
            raise InvalidValue("bucket", f"{self.bucket} is not one of {', '.join(get_args(Bucket))}")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise InvalidValue("timeZone", f"{self.time_zone} is not a time zone such as Europe/Stockholm") from error


@dataclass(frozen=True, kw_only=True, slots=True)
class SummaryRow:
    """One group."""

    group: tuple[tuple[str, str | int | None], ...]  # dimension or property name → value, in the query's order
    bucket_start: datetime | None  # aware, in the query's zone
    count: int  # records
    total: Decimal | None  # sum of the property; None if no record had a number in it
    not_numeric: int  # values of the property that are not numbers and were left out
