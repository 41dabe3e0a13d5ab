"""Legs and conferences as usage records, and what changed since the record last written.

A usage has a stable key. Its record may improve (a late disconnect, statistics, the platform's history) or
vanish (the leg turns out to be a recorder); `revise` says what has to be published to the ledger.

What changed about a usage since its record was last written.

A usage has a stable key. Its record may improve (a late disconnect, statistics, the platform's history) or
vanish (the leg turns out to be a recorder); `revise` says what has to be published to the ledger.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from usage_service.record import MAX_ID_LENGTH, MAX_NAME_LENGTH, MAX_PROPERTIES, MAX_VALUE_LENGTH, Property, UsageRecord
from usage_service.systems.pexip.conferences import Occurrence, whole_seconds
from usage_service.systems.pexip.fields import CONFERENCE, PARTICIPANT, Reported
from usage_service.systems.pexip.legs import Leg
from usage_service.systems.pexip.media import Media, packets
from usage_service.systems.pexip.rules import BillingRules, reason_not_billed
from usage_service.xml_text import to_xml_text

PARTICIPANT_SERVICE = "PEXIP_PARTICIPANT"
CONFERENCE_SERVICE = "PEXIP_CONFERENCE"
BREAKOUT = "_breakout_"


@dataclass(frozen=True, kw_only=True)
class Usage:
    """One leg or conference and what there is to record about it now."""

    key: str
    record: UsageRecord | None = None
    reason: str = ""  # why there is no record


def leg_key(rules: BillingRules, uuid: str) -> str:
    """The idempotency key of a leg."""
    return f"{rules.source}:participant:{_identifier(uuid)}"


def conference_key_prefix(rules: BillingRules, name: str) -> str:
    """What the keys of all meetings under a name begin with; names are free text and of any length."""
    return f"{rules.source}:conference:{sha256(name.encode()).hexdigest()[:32]}:"


def conference_key(rules: BillingRules, name: str, start: datetime) -> str:
    """The idempotency key of a meeting."""
    return conference_key_prefix(rules, name) + _iso(start)


def leg_usage(leg: Leg, media: Media, rules: BillingRules) -> Usage:
    """What to record about a leg."""
    key, reason = leg_key(rules, leg.uuid), reason_not_billed(leg, rules)
    if reason is not None or leg.end is None:
        return Usage(key=key, reason=reason or "end unknown")
    record = UsageRecord(
        global_transaction_id=_identifier(leg.shown.conversation_id or leg.uuid),
        service=PARTICIPANT_SERVICE,
        event_type="participant_disconnected",
        record_time=_whole_milliseconds(leg.end),
        code=0,
        properties=_properties(_leg_values(leg, rules) | _quality_values(media)),
        source=rules.source,
        once_key=key,
    )
    return Usage(key=key, record=record)


def conference_usage(meeting: Occurrence, rules: BillingRules) -> Usage:
    """What to record about a meeting."""
    key = conference_key(rules, meeting.name, meeting.start)
    if not meeting.over:
        return Usage(key=key, reason="still open")
    values = _conference_values(meeting, rules)
    if values["serviceType"] in rules.free_service_types:
        return Usage(key=key, reason="service type is free")
    record = UsageRecord(
        global_transaction_id=_identifier(key),
        service=CONFERENCE_SERVICE,
        event_type="conference_ended",
        record_time=_whole_milliseconds(meeting.span.last),
        code=0,
        properties=_properties(values),
        source=rules.source,
        once_key=key,
    )
    return Usage(key=key, record=record)


def _leg_values(leg: Leg, rules: BillingRules) -> dict[str, object]:
    shown = leg.shown
    call_tag = shown.call_tag or ""
    return {
        **_shown(PARTICIPANT, lambda name: getattr(shown, name)),
        "serviceTag": shown.service_tag or "",
        "callTag": call_tag,
        "callTagTrust": _call_tag_trust(leg, call_tag, rules) if call_tag else None,
        "parentConference": _parent(shown.conference or ""),
        "durationSeconds": leg.whole_seconds,
        "startTime": _iso(leg.start) if leg.start else None,
        "endTime": _iso(leg.end) if leg.end else None,
        "participantUuid": leg.uuid,
        **_tag_fields(shown.service_tag, rules),
    }


def _shown(table: Iterable[Reported], value: Callable[[str], object]) -> dict[str, object]:
    """The reported fields that are shown, by property name, each with its value."""
    return {line.property_name: value(line.name) for line in table if line.property_name}


def _quality_values(media: Media) -> dict[str, object]:
    counted = packets(media) if media.streams else {}
    return {
        "worstQuality": media.worst_quality,
        "packetsReceived": counted.get("rx_packets_received"),
        "packetsLostReceiving": counted.get("rx_packets_lost"),
        "packetsSent": counted.get("tx_packets_sent"),
        "packetsLostSending": counted.get("tx_packets_lost"),
    }


def _conference_values(meeting: Occurrence, rules: BillingRules) -> dict[str, object]:
    billed = [leg for leg in meeting.legs if reason_not_billed(leg, rules) is None]
    tag = _best(meeting, "tag")
    return {
        **_shown(CONFERENCE, lambda name: _best(meeting, name)),
        "serviceTag": tag or "",
        "conference": meeting.name,
        "parentConference": _parent(meeting.name),
        "durationSeconds": whole_seconds(meeting.span),
        "startTime": _iso(meeting.span.first),
        "endTime": _iso(meeting.span.last),
        "participants": len(billed),
        "participantSeconds": sum(leg.whole_seconds for leg in billed),
        "nodes": " ".join(sorted({shard.node for shard in meeting.shards if not shard.history_id} - {""})),
        "conferenceId": meeting.history_id,
        **_tag_fields(tag, rules),
    }


def _best(meeting: Occurrence, name: str) -> str | None:
    """The heaviest statement of one field among the shards of a meeting."""
    stated = [(shard.stamps[name], str(getattr(shard.shown, name))) for shard in meeting.shards if name in shard.stamps]
    return max(stated)[1] if stated else None


def _call_tag_trust(leg: Leg, call_tag: str, rules: BillingRules) -> str:
    """A call tag is the client's word, unless a policy we run set it. The service tag is the
    administrator's.
    """
    ours = rules.trusted_call_tags.set_by_policy(leg.uuid, leg.shown.call_id, call_tag)
    return "policy" if ours else "client"


def _parent(conference: str) -> str | None:
    """The main room of a breakout room, named `<parent>_breakout_<uuid>`."""
    return conference.rpartition(BREAKOUT)[0] or None


def _tag_fields(tag: str | None, rules: BillingRules) -> dict[str, object]:
    return {f"serviceTag.{name}": value for name, value in rules.tag_parser(tag or "").items()}


def _properties(values: dict[str, object]) -> tuple[Property, ...]:
    """Values as properties that a record can hold: tags and names are foreign text of any length."""
    stated = [
        Property(to_xml_text(name)[:MAX_NAME_LENGTH], to_xml_text(str(value))[:MAX_VALUE_LENGTH])
        for name, value in values.items()
        if value is not None
    ]
    return tuple(stated[:MAX_PROPERTIES])


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _whole_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _identifier(name: str) -> str:
    """An id the ledger can take; one too long, blank or unprintable is replaced by its digest."""
    usable = len(name) <= MAX_ID_LENGTH and name.isprintable() and bool(name.strip())
    return name if usable else sha256(name.encode()).hexdigest()


MATERIAL = frozenset(
    [
        *(line.property_name for line in (*PARTICIPANT, *CONFERENCE) if line.material),
        "callTagTrust",
        "durationSeconds",
        "worstQuality",
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
    """What has to be published about a usage."""

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
