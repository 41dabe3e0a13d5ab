"""What an application that directs calls has decided, and what the proxy is answered.

The application answers a handle… operation with an `Action` (ETSI ES 202 391-3, 7.2). The schema lets a Route
pass that names no address, so the check is ours. What cannot be carried out leaves the call to the network.

Call control: the proxy asks what to do, the application that subscribed decides, in time or not at all.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from usage_service.systems.call_notification.addresses import address_key, address_keys
from usage_service.systems.call_notification.delivering import Applications, NotDelivered, Notification
from usage_service.systems.call_notification.events import DIRECTED_EVENTS, CallEvent
from usage_service.systems.call_notification.responses import ResponseMapping
from usage_service.systems.call_notification.sip_events import SipEvent, SipEventKind, sip_event_from
from usage_service.systems.call_notification.store import StoredSubscription
from usage_service.systems.call_notification.versions import CallbackVersion, SubscriptionKind


class Action(Enum):
    """The members of the Parlay X enumeration `ActionValues`."""

    ROUTE = "Route"
    CONTINUE = "Continue"
    END_CALL = "EndCall"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to become of the call, and why it is not what the application said, if it is not."""

    action: Action
    routing_address: str | None = None  # with ROUTE only
    problem: str | None = None


CONTINUE = Decision(Action.CONTINUE)


def decide(action: str, routing_address: str | None) -> Decision:
    """The decision in an application's answer; Continue, with the problem named, when it makes no sense."""
    if action == Action.ROUTE.value:
        return _route(routing_address)
    if action == Action.END_CALL.value:
        return Decision(Action.END_CALL)
    if action == Action.CONTINUE.value:
        return CONTINUE
    return Decision(Action.CONTINUE, problem=f"{action!r} is no action")


def _route(routing_address: str | None) -> Decision:
    if not routing_address:
        return Decision(Action.CONTINUE, problem="Route without routingAddress")
    if address_key(routing_address) is None:
        return Decision(Action.CONTINUE, problem=f"cannot route to {routing_address!r}")
    return Decision(Action.ROUTE, routing_address)


def direction_answer(decision: Decision, *, ask_on_failure: bool) -> dict[str, str | bool]:
    """The JSON object that answers the proxy's question (deploy/kamailio/call-events.md)."""
    answer: dict[str, str | bool] = {"action": decision.action.value, "ask_on_failure": ask_on_failure}
    if decision.routing_address is not None:
        answer["routing_address"] = decision.routing_address
    return answer


_log = logging.getLogger(__name__)

FAILURES = DIRECTED_EVENTS - {CallEvent.CALLED_NUMBER}

Holders = Callable[[str, Sequence[str]], Mapping[str, StoredSubscription]]
"""From a kind and addresses to the subscription of each event (Parlay X name)."""


class CallControl:
    """Answers the proxy's questions."""

    def __init__(self, holders: Holders, applications: Applications, mapping: ResponseMapping) -> None:
        self._holders = holders
        self._applications = applications
        self._mapping = mapping

    def answer(self, document: object) -> dict[str, str | bool]:
        """The answer to one question; raises `InvalidValue` when it is none."""
        question = sip_event_from(document)
        holders = self._holders(SubscriptionKind.DIRECTION.value, address_keys(question.called))
        event = self._event(question)
        holder = holders.get(event.value) if event else None
        decision = self._ask(question, event, holder) if event and holder else CONTINUE
        return direction_answer(decision, ask_on_failure=any(event.value in holders for event in FAILURES))

    def _event(self, question: SipEvent) -> CallEvent | None:
        if question.kind is SipEventKind.INVITE:
            return CallEvent.CALLED_NUMBER
        return self._mapping.outcome(question.kind, question.code)

    def _ask(self, question: SipEvent, event: CallEvent, holder: StoredSubscription) -> Decision:
        try:
            answer = self._applications.ask(
                Notification(
                    endpoint=holder.endpoint,
                    callback=CallbackVersion(holder.callback),
                    correlator=holder.correlator,
                    event=event,
                    caller=question.caller,
                    called=question.called,
                    session=question.call.call_id,
                )
            )
        except NotDelivered as error:
            _log.warning("an application did not direct a call: %s", error)
            return CONTINUE
        decision = decide(answer.action, answer.routing_address)
        if decision.problem:
            _log.warning("an application's answer makes no sense: %s", decision.problem)
        return decision
