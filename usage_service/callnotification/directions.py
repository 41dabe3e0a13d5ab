"""What an application that directs calls has decided, and what the proxy is told.

The application answers a handle… operation with an `Action` (ETSI ES 202 391-3, 7.2). The schema lets a Route
pass that names no address, so the check is ours. What cannot be carried out leaves the call to the network.
"""

from dataclasses import dataclass
from enum import Enum

from usage_service.callnotification.addresses import address_key


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
