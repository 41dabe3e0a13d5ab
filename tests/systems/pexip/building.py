"""Short spellings of events, rows and settings for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from usage_service.systems.pexip.calls import Calls
from usage_service.systems.pexip.events import Event, Kind, read_envelope
from usage_service.systems.pexip.history import ConferenceRow, ParticipantRow, read_conference_row, read_participant_row
from usage_service.systems.pexip.rules import BillingRules
from usage_service.systems.pexip.sequence import Gap, SequenceLog, Sighting, epochs, observe
from usage_service.systems.pexip.usage import Usage, conference_usage

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RULES = BillingRules(source="pexip:test")


def at(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def unix(seconds: float) -> float:
    """The same as Unix time."""
    return at(seconds).timestamp()


def event(name: str, seconds: float, data: dict[str, Any], *, seq: int = 1, node: str = "n1") -> Event:
    """An event that happened so many seconds after noon."""
    reported = {"event": name, "node": node, "seq": seq, "version": 2, "time": unix(seconds), "data": data}
    read = read_envelope(reported)
    assert isinstance(read, Event)
    return read


def leg(uuid: str, start: float = 0, end: float = 60, **fields: Any) -> dict[str, Any]:
    """The data of a disconnect."""
    stated = {
        "uuid": uuid,
        "call_id": uuid,
        "conversation_id": uuid,
        "conference": "Room",
        "service_type": "conference",
        "service_tag": "acme",
        "protocol": "SIP",
        "has_media": True,
        "connect_time": unix(start),
        "end_time": unix(end),
        "duration": end - start,
    }
    return stated | fields


def disconnect(uuid: str, start: float = 0, end: float = 60, **fields: Any) -> Event:
    """The end of a leg."""
    return event("participant_disconnected", end, leg(uuid, start, end, **fields))


def row(row_id: str, start: float = 0, end: float = 60, **fields: Any) -> ParticipantRow:
    """A row of the participant history."""
    stated = {
        "id": row_id,
        "call_uuid": row_id,
        "conversation_id": row_id,
        "conference_name": "Room",
        "service_type": "conference",
        "service_tag": "acme",
        "protocol": "SIP",
        "start_time": at(start).replace(tzinfo=None).isoformat(),
        "end_time": at(end).replace(tzinfo=None).isoformat(),
        "duration": int(end - start),
    }
    read = read_participant_row(stated | fields)
    assert isinstance(read, ParticipantRow)
    return read


def conference_row(row_id: str, start: float, end: float, name: str = "Room") -> ConferenceRow:
    """A row of the conference history."""
    times = {"start_time": at(start).isoformat(), "end_time": at(end).isoformat()}
    read = read_conference_row({"id": row_id, "name": name, "tag": "acme", **times})
    assert isinstance(read, ConferenceRow)
    return read


def usages_of(calls: Calls, rules: BillingRules = RULES) -> list[Usage]:
    """What to record about everything, legs first; sorted, so that equal states give equal lists."""
    legs = [calls.leg_usage(uuid, rules) for uuid in sorted(calls.legs)]
    meetings = [meeting for name in sorted(calls.conferences) for meeting in calls.meetings(name)]
    return legs + [conference_usage(meeting, rules) for meeting in meetings]


def numbered(log: SequenceLog, event: Event) -> SequenceLog:
    """The log of the event's node with the event."""
    assert event.seq is not None
    assert event.time is not None
    return observe(log, [Sighting(event.time, event.seq, event.kind is Kind.SINK_STARTED)])


def gaps_in(log: SequenceLog) -> list[Gap]:
    """Every number that is missing."""
    return [gap for epoch in epochs(log) for gap in epoch.gaps]
