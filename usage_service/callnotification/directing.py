"""Directing calls: the proxy asks what to do, the application that subscribed decides, in time or not at all."""

import logging
from collections.abc import Callable, Mapping, Sequence

from usage_service.callnotification.addresses import address_keys
from usage_service.callnotification.applications import Applications, NotDelivered, Telling
from usage_service.callnotification.directions import CONTINUE, Decision, decide, direction_answer
from usage_service.callnotification.events import DIRECTED_EVENTS, CallEvent
from usage_service.callnotification.responses import ResponseMapping
from usage_service.callnotification.sip_events import SipEvent, SipEventKind, sip_event_from
from usage_service.callnotification.versions import CallbackVersion, SubscriptionKind
from usage_service.store.call_subscriptions import StoredSubscription

_log = logging.getLogger(__name__)

FAILURES = DIRECTED_EVENTS - {CallEvent.CALLED_NUMBER}

Holders = Callable[[str, Sequence[str]], Mapping[str, StoredSubscription]]
"""From a kind and addresses to the subscription of each event (Parlay X name)."""


class Directing:
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
                Telling(
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
