"""The call events, in the one table that knows each of them under all of its names.

Parlay X writes `CalledNumber`, the record of a subscription `called_number` (attribute CALL_EVENTS), that
of a delivery `NotifyCalledNumber` (attribute NETWORK_EVENT), and the application implements
`notifyCalledNumber` and, when it directs calls, `handleCalledNumber`.
"""

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple


class CallEvent(Enum):
    """What can happen to a call; the value is the name in the Parlay X enumeration `CallEvents`."""

    CALLED_NUMBER = "CalledNumber"
    BUSY = "Busy"
    NOT_REACHABLE = "NotReachable"
    NO_ANSWER = "NoAnswer"
    ANSWER = "Answer"
    DISCONNECTED = "Disconnected"


class EventNames(NamedTuple):
    """The names of one event."""

    call_events: str  # in the usage record of a subscription
    network_event: str  # in the usage record of a delivery
    notify: str  # operation of CallNotification
    handle: str | None  # operation of CallDirection; None where there is nothing left to direct


NAMES: dict[CallEvent, EventNames] = {
    CallEvent.CALLED_NUMBER: EventNames(
        "called_number", "NotifyCalledNumber", "notifyCalledNumber", "handleCalledNumber"
    ),
    CallEvent.BUSY: EventNames("busy", "NotifyBusy", "notifyBusy", "handleBusy"),
    CallEvent.NOT_REACHABLE: EventNames(
        "not_reachable", "NotifyNotReachable", "notifyNotReachable", "handleNotReachable"
    ),
    CallEvent.NO_ANSWER: EventNames("no_answer", "NotifyNoAnswer", "notifyNoAnswer", "handleNoAnswer"),
    CallEvent.ANSWER: EventNames("answer", "NotifyAnswer", "notifyAnswer", None),
    # Has no operation of its own: TS 29.199-03 (Rel-8 and later) reports it through the general one.
    CallEvent.DISCONNECTED: EventNames("disconnected", "NotifyDisconnected", "notifyCallEvent", None),
}
"""In the order in which CALL_EVENTS lists them."""

DIRECTED_EVENTS = frozenset(event for event, names in NAMES.items() if names.handle)
"""The events at which an application may decide about the call."""


def call_events_text(events: Iterable[CallEvent]) -> str:
    """The value of CALL_EVENTS: the events in the fixed order of the table, joined by commas."""
    wanted = frozenset(events)
    return ",".join(names.call_events for event, names in NAMES.items() if event in wanted)
