"""What changed about a usage since its record was last written.

A usage has a stable key. Its record may improve (a late disconnect, statistics, the platform's history) or
vanish (the leg turns out to be a recorder); `revise` says what the ledger has to be told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from usage_service.record import UsageRecord
from usage_service.sources.pexip.usage import Usage

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


@dataclass(frozen=True, kw_only=True)
class Written:
    """The last revision of a usage that the ledger has."""

    number: int
    record: UsageRecord | None


def revise_all(written: Mapping[str, Written], usages: Iterable[Usage]) -> list[Revision]:
    """The revisions that turn what was written into these usages.

    A key that no usage has any more is withdrawn: two meetings turned out to be one, or a leg another one. So
    `written` must hold the keys these usages can have had, and no others.
    """
    now = {usage.key: usage.record for usage in usages}
    nothing = Written(number=0, record=None)
    before = {key: written.get(key, nothing) for key in sorted(written.keys() | now.keys())}
    revisions = (revise(key, held.number, held.record, now.get(key)) for key, held in before.items())
    return [revision for revision in revisions if revision is not None]


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
