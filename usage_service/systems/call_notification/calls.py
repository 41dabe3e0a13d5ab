"""The state of one call: SIP events in, notices out, whatever the order and however often an event arrives.

Parlay X notifies an application of CalledNumber, then how the attempt ended, then (3GPP Rel-8 and later)
Disconnected. After a Route the call has another leg, which ends on its own.

A call only collects what is known; the notices that follow from it are a list that grows at its end and never
changes in front (`_notices`). So a repeat changes nothing, and every order of arrival yields the same notices
in the same order. A notice waits for what must come before it; `settle` ends the waiting for a call whose
missing events will never come.

A call as JSON text, for stores that do not look inside.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from usage_service.systems.call_notification.events import CallEvent
from usage_service.systems.call_notification.responses import ResponseMapping
from usage_service.systems.call_notification.sip_events import CallKey, SipEvent, SipEventKind


@dataclass(frozen=True, slots=True)
class Notice:
    """One event that applications may be notified of: unique by call, event and leg."""

    call: CallKey
    event: CallEvent
    leg: int  # 1 for CalledNumber, the leg that ended for outcomes, the answered one for Disconnected
    caller: str
    called: str  # whom the caller dialled, also after a Route
    time: datetime  # when it happened at the proxy


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one leg ended."""

    event: CallEvent
    time: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """What is known about one call, and how many of its notices have been given out."""

    key: CallKey
    caller: str = ""
    called: str = ""
    invited: datetime | None = None
    outcomes: Mapping[int, Outcome] = field(default_factory=dict)
    disconnected: datetime | None = None
    given: int = 0
    settled: bool = False


def advance(call: Call, event: SipEvent, mapping: ResponseMapping) -> tuple[Call, tuple[Notice, ...]]:
    """The call with one more event known, and the notices that became due, in order."""
    return _give(_learn(call, event, mapping))


def settle(call: Call) -> tuple[Call, tuple[Notice, ...]]:
    """Gives out what still waits, as if what is missing had not happened.

    The legs close up, an INVITE that was never reported is taken as received with the first outcome, and a
    disconnect proves an answer. Without the called party known no application can be notified. Of a settled call only
    the disconnect is still news.
    """
    outcomes = {number: call.outcomes[leg] for number, leg in enumerate(sorted(call.outcomes), start=1)}
    known = [outcome.time for outcome in outcomes.values()]
    if call.disconnected and not any(outcome.event is CallEvent.ANSWER for outcome in outcomes.values()):
        outcomes[len(outcomes) + 1] = Outcome(CallEvent.ANSWER, call.disconnected)
    invited = call.invited or min(known, default=call.disconnected)
    return _give(replace(call, outcomes=outcomes, invited=invited, settled=True))


def _learn(call: Call, event: SipEvent, mapping: ResponseMapping) -> Call:
    """The call with the event's facts added; what is known already stays as it is."""
    if event.kind is SipEventKind.DISCONNECT:
        return replace(call, disconnected=call.disconnected or event.time)
    if call.settled:
        return call
    known = replace(call, caller=call.caller or event.caller, called=call.called or event.called)
    if event.kind is SipEventKind.INVITE:
        return replace(known, invited=known.invited or event.time)
    outcome = mapping.outcome(event.kind, event.code)
    if outcome is None or event.leg in known.outcomes:
        return known
    return replace(known, outcomes={**known.outcomes, event.leg: Outcome(outcome, event.time)})


def _give(call: Call) -> tuple[Call, tuple[Notice, ...]]:
    due = _notices(call)[call.given :]
    return replace(call, given=call.given + len(due)), due


def _notices(call: Call) -> tuple[Notice, ...]:
    """Every notice that the known facts allow, in the order in which applications hear them."""
    if call.invited is None or not call.called:
        return ()
    story = [(CallEvent.CALLED_NUMBER, 1, call.invited)]
    leg = 1
    while leg in call.outcomes:
        story.append((call.outcomes[leg].event, leg, call.outcomes[leg].time))
        leg += 1
    if call.disconnected and story[-1][0] is CallEvent.ANSWER:
        story.append((CallEvent.DISCONNECTED, leg - 1, call.disconnected))
    return tuple(Notice(call.key, event, number, call.caller, call.called, time) for event, number, time in story)


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
