"""What changed about a usage since its record was last written.

A usage has a stable key. Its record may improve (a late disconnect, statistics, the platform's history) or
vanish (the leg turns out to be a recorder); `revise` says what the ledger has to be told.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from usage_service.record import UsageRecord

MATERIAL = frozenset(
    [
        "serviceTag",
        "callTag",
        "callTagTrust",
        "conference",
        "serviceType",
        "durationSeconds",
        "worstQuality",
        "systemLocation",
        "packetsReceived",
        "packetsSent",
        "packetsLostReceiving",
        "packetsLostSending",
        "participants",
        "participantSeconds",
    ]
)
"""Properties whose change is worth a correction; the others only describe and differ harmlessly between
sources.
"""
SAME_TIME = timedelta(seconds=1)
"""Start and end in events and in history are taken at different places and differ by milliseconds."""


class Change(StrEnum):
    """What the ledger has to be told about a usage."""

    NEW = "new"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True)
class Revision:
    """One step in the life of a usage: same key, next number."""

    key: str
    number: int  # 1 for the first record
    change: Change
    record: UsageRecord | None  # None when withdrawn
    differences: tuple[str, ...] = ()  # names of the properties that changed


def revise(key: str, number: int, before: UsageRecord | None, now: UsageRecord | None) -> Revision | None:
    """The revision after revision `number` (0: none yet) that turns `before` into `now`; None when
    nothing changed.
    """
    if now is None:
        return Revision(key=key, number=number + 1, change=Change.WITHDRAWN, record=None) if before else None
    if before is None:
        return Revision(key=key, number=number + 1, change=Change.NEW, record=now)
    differing = differences(before, now)
    if not differing:
        return None
    return Revision(key=key, number=number + 1, change=Change.CORRECTED, record=now, differences=differing)


def differences(one: UsageRecord, other: UsageRecord) -> tuple[str, ...]:
    """Names of the material properties in which two records differ, in alphabetical order."""
    left, right = dict(one.properties), dict(other.properties)
    names = {name for name in MATERIAL if left.get(name) != right.get(name)}
    names |= {name for name in ("startTime", "endTime") if _times_differ(left.get(name), right.get(name))}
    return tuple(sorted(names))


def _times_differ(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one != other
    return abs(datetime.fromisoformat(one) - datetime.fromisoformat(other)) >= SAME_TIME
