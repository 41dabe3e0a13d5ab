"""A call as JSON text, for stores that do not look inside."""

import json
from datetime import datetime
from typing import Any

from usage_service.callnotification.calls import Call, Outcome
from usage_service.callnotification.events import CallEvent
from usage_service.callnotification.sip_events import CallKey


def call_as_text(call: Call) -> str:
    """Everything known about the call but its key."""
    return json.dumps(
        {
            "caller": call.caller,
            "called": call.called,
            "invited": _text(call.invited),
            "outcomes": {leg: [outcome.event.value, _text(outcome.time)] for leg, outcome in call.outcomes.items()},
            "disconnected": _text(call.disconnected),
            "given": call.given,
            "settled": call.settled,
        }
    )


def call_from_text(key: CallKey, text: str | None) -> Call:
    """The call; a fresh one when nothing is known yet."""
    if not text:
        return Call(key)
    fields: dict[str, Any] = json.loads(text)
    return Call(
        key=key,
        caller=fields["caller"],
        called=fields["called"],
        invited=_time(fields["invited"]),
        outcomes={
            int(leg): Outcome(CallEvent(event), datetime.fromisoformat(time))
            for leg, (event, time) in fields["outcomes"].items()
        },
        disconnected=_time(fields["disconnected"]),
        given=fields["given"],
        settled=fields["settled"],
    )


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
