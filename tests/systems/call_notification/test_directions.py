"""What becomes of an application's answer."""

import pytest

from usage_service.systems.call_notification.call_control import CONTINUE, Action, Decision, decide, direction_answer


def test_the_three_actions_are_carried_out() -> None:
    assert decide("Continue", None) == CONTINUE
    assert decide("EndCall", None) == Decision(Action.END_CALL)
    assert decide("Route", "tel:+4681234") == Decision(Action.ROUTE, "tel:+4681234")


@pytest.mark.parametrize(
    ("action", "address"),
    [("Route", None), ("Route", ""), ("Route", "mailto:x"), ("route", "tel:1"), ("Fork", None)],
)
def test_impossible_direction_continues_call_with_reason(action: str, address: str | None) -> None:
    decision = decide(action, address)
    assert decision.action is Action.CONTINUE
    assert decision.problem


def test_proxy_gets_routing_address_and_ask_flag() -> None:
    decision = decide("Route", "sip:bob@example.com")
    expected = {"action": "Route", "routing_address": "sip:bob@example.com", "ask_on_failure": True}
    assert direction_answer(decision, ask_on_failure=True) == expected
    assert direction_answer(CONTINUE, ask_on_failure=False) == {"action": "Continue", "ask_on_failure": False}
