"""When a logged event happened, in UTC.

An event carries the time of its server in one of two forms; only where both are missing do we fall back to
the header, which has a local time of day without date or zone, and work out the rest from what the log said
before.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from usage_service.record import EPOCH
from usage_service.systems.genesys.message import Message

DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)
HEX_TIME = re.compile(r"[0-9a-fA-F]{16}")
FILE_TIME = re.compile(r"(\d{8})_(\d{6})")


@dataclass(frozen=True, slots=True)
class Clock:
    """What the log has said so far about date and zone."""

    anchor: datetime | None = None  # a recent moment of this log, aware UTC
    offset: timedelta = timedelta(0)  # local time minus UTC

    def learn(self, moment: datetime, local_time: str) -> "Clock":
        """The clock after an event that states both its UTC `moment` and its local time of day."""
        drift = time_of_day(local_time) - time_of_day(moment.strftime("%H:%M:%S.%f"))
        offset = round(drift / QUARTER) * QUARTER
        if offset > 14 * timedelta(hours=1):
            offset -= DAY
        elif offset <= -12 * timedelta(hours=1):
            offset += DAY
        return Clock(moment, offset)

    def resolve(self, local_time: str) -> datetime | None:
        """The UTC time nearest to the anchor that reads `local_time` on the wall; None without any date."""
        if self.anchor is None:
            return None
        local = self.anchor + self.offset
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        days = (midnight + day * DAY + time_of_day(local_time) for day in (-1, 0, 1))
        return min(days, key=lambda moment: abs(moment - local)) - self.offset

    def at_file(self, name: str) -> "Clock":
        """The clock at the start of a file whose name holds a local time `YYYYMMDD_HHMMSS`."""
        found = FILE_TIME.search(name)
        if found is None:
            return self
        try:
            local = datetime.strptime(found[1] + found[2], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return self
        return replace(self, anchor=local - self.offset)


def time_of_day(text: str) -> timedelta:
    """Time since midnight of `HH:MM:SS.f…`."""
    hours, minutes, seconds = text.split(":")
    whole, _, fraction = seconds.partition(".")
    micros = int((fraction + "000000")[:6])
    return timedelta(hours=int(hours), minutes=int(minutes), seconds=int(whole), microseconds=micros)


def stated_time(message: Message) -> datetime | None:
    """The time an event states: 8 + 8 hex digits of seconds and microseconds, or the same in two decimal
    lines.
    """
    stamp = message.token("TimeStamp")
    if stamp is not None:
        return hex_time(stamp)
    seconds, micros = message.token("TimeinSecs"), message.token("TimeinuSecs")
    if seconds is None or not seconds.isdecimal():
        return None
    return moment(int(seconds), int(micros) if micros is not None and micros.isdecimal() else 0)


def hex_time(stamp: str) -> datetime | None:
    """The time of 16 hex digits (TTimeStamp: seconds since 1970 and microseconds); None when it is no such
    time.
    """
    if not HEX_TIME.fullmatch(stamp):
        return None
    return moment(int(stamp[:8], 16), int(stamp[8:], 16))


def moment(seconds: int, micros: int) -> datetime | None:
    """Aware UTC time, or None when a part is out of its range."""
    if micros >= 1_000_000 or seconds >= 2**32:
        return None
    return EPOCH + timedelta(seconds=seconds, microseconds=micros)
