"""What the shipped Kamailio configuration reports and does, seen from both phones and from the endpoint."""

from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from demos.ports import reserved_port
from tests.systems.call_notification.network import Endpoint, call, callee, invite, proxy, serving, until


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def url(endpoint: Endpoint) -> Iterator[str]:
    with serving(endpoint) as base:
        yield base


def assert_reported(endpoint: Endpoint, *expected: tuple[str, int, int]) -> None:
    """Exactly these events, and none after them."""
    until(lambda: len(endpoint.kinds()) >= len(expected), lambda: f"{expected}, so far {endpoint.kinds()}")
    sleep(0.1)
    assert endpoint.kinds() == list(expected)


def test_answered_call_reported_invite_to_disconnect(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    with proxy(tmp_path, url) as port, callee(tmp_path, "callee_answers") as phone:
        assert call(tmp_path, "caller_talks", port, phone.port)
        assert phone.finished_well()
        assert_reported(endpoint, ("invite", 0, 1), ("answer", 200, 1), ("disconnect", 0, 0))


def test_callee_hangup_reported_under_caller_tag(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    with proxy(tmp_path, url) as port, callee(tmp_path, "callee_hangs_up") as phone:
        assert call(tmp_path, "caller_listens", port, phone.port)
        assert_reported(endpoint, ("invite", 0, 1), ("answer", 200, 1), ("disconnect", 0, 0))
    assert len({event["from_tag"] for event in endpoint.events}) == 1


@pytest.mark.parametrize("code", [404, 408, 480, 486, 503, 600, 603])
def test_rejected_call_reported_with_response_code(endpoint: Endpoint, url: str, tmp_path: Path, code: int) -> None:
    with proxy(tmp_path, url) as port, callee(tmp_path, "callee_refuses", code) as phone:
        assert call(tmp_path, "caller_is_refused", port, phone.port, code)
        assert phone.finished_well()
        assert_reported(endpoint, ("invite", 0, 1), ("failure", code, 1))


def test_unanswered_ringing_reported_as_ring_timeout(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    with proxy(tmp_path, url, RING_TIMEOUT=700) as port, callee(tmp_path, "callee_rings") as phone:
        assert call(tmp_path, "caller_is_refused", port, phone.port, 408)
        assert phone.finished_well()
        assert_reported(endpoint, ("invite", 0, 1), ("ring_timeout", 408, 1))


def test_silent_callee_reported_as_unreachable(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    with proxy(tmp_path, url, RESPONSE_TIMEOUT=700) as port:
        assert call(tmp_path, "caller_is_refused", port, reserved_port(), 408)
        assert_reported(endpoint, ("invite", 0, 1), ("unreachable", 408, 1))


def test_abandoned_call_reported_as_cancel(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    with proxy(tmp_path, url) as port, callee(tmp_path, "callee_rings") as phone:
        assert call(tmp_path, "caller_gives_up", port, phone.port)
        assert phone.finished_well()
        assert_reported(endpoint, ("invite", 0, 1), ("cancel", 487, 0))


def test_parties_from_asserted_identity_and_request_uri(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    with proxy(tmp_path, url) as port, callee(tmp_path, "callee_refuses", 486) as phone:
        assert call(tmp_path, "caller_is_refused", port, phone.port, 486)
        assert_reported(endpoint, ("invite", 0, 1), ("failure", 486, 1))
        expected = ("as1", "tel:+4681111", f"sip:+4682222@127.0.0.1:{phone.port}")
    assert {(event["node"], event["caller"], event["called"]) for event in endpoint.events} == {expected}


def test_events_rejected_by_endpoint_are_resent(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    endpoint.refuse = 3
    with proxy(tmp_path, url, RETRY_PAUSE=20000) as port, callee(tmp_path, "callee_refuses", 486) as phone:
        assert call(tmp_path, "caller_is_refused", port, phone.port, 486)
        assert_reported(endpoint, ("invite", 0, 1), ("failure", 486, 1))


def answering(**answer: Any) -> Any:
    return lambda question: answer


def test_route_before_routing_redirects_call(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    with proxy(tmp_path, url, ask=True) as port, callee(tmp_path, "callee_answers") as other:
        endpoint.decide = answering(action="Route", routing_address=f"sip:other@127.0.0.1:{other.port}")
        assert call(tmp_path, "caller_talks", port, reserved_port())
        assert other.finished_well()
        assert_reported(endpoint, ("invite", 0, 1), ("answer", 200, 1), ("disconnect", 0, 0))


def test_end_call_before_routing_ends_call(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    endpoint.decide = answering(action="EndCall")
    with proxy(tmp_path, url, ask=True) as port:
        assert call(tmp_path, "caller_is_refused", port, reserved_port(), 603)
        assert_reported(endpoint, ("invite", 0, 1))


def test_continue_leaves_call_routing_unchanged(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    with proxy(tmp_path, url, ask=True) as port, callee(tmp_path, "callee_answers") as phone:
        assert call(tmp_path, "caller_talks", port, phone.port)
        assert phone.finished_well()
    assert [question["kind"] for question in endpoint.questions] == ["invite"]


def only_on_failure(**answer: Any) -> Any:
    first = {"action": "Continue", "ask_on_failure": True}
    return lambda question: first if question["kind"] == "invite" else answer


def test_route_after_busy_starts_second_leg(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    with (
        proxy(tmp_path, url, ask=True) as port,
        callee(tmp_path, "callee_refuses", 486) as busy,
        callee(tmp_path, "callee_answers") as other,
    ):
        endpoint.decide = only_on_failure(action="Route", routing_address=f"sip:other@127.0.0.1:{other.port}")
        assert call(tmp_path, "caller_talks", port, busy.port)
        assert other.finished_well()
        legs = [("invite", 0, 1), ("failure", 486, 1), ("answer", 200, 2), ("disconnect", 0, 0)]
        assert_reported(endpoint, *legs)


def test_ring_timeout_can_be_routed_too(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    with (
        proxy(tmp_path, url, ask=True, RING_TIMEOUT=700) as port,
        callee(tmp_path, "callee_rings") as ringing,
        callee(tmp_path, "callee_answers") as other,
    ):
        endpoint.decide = only_on_failure(action="Route", routing_address=f"sip:other@127.0.0.1:{other.port}")
        assert call(tmp_path, "caller_talks", port, ringing.port)
        assert ringing.finished_well()
        legs = [("invite", 0, 1), ("ring_timeout", 408, 1), ("answer", 200, 2), ("disconnect", 0, 0)]
        assert_reported(endpoint, *legs)


def test_end_call_after_busy_sends_decline(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    endpoint.decide = only_on_failure(action="EndCall")
    with proxy(tmp_path, url, ask=True) as port, callee(tmp_path, "callee_refuses", 486) as busy:
        assert call(tmp_path, "caller_is_refused", port, busy.port, 603)
        assert_reported(endpoint, ("invite", 0, 1), ("failure", 486, 1))


def test_continue_after_busy_returns_busy_response(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    endpoint.decide = only_on_failure(action="Continue")
    with proxy(tmp_path, url, ask=True) as port, callee(tmp_path, "callee_refuses", 486) as busy:
        assert call(tmp_path, "caller_is_refused", port, busy.port, 486)
        assert_reported(endpoint, ("invite", 0, 1), ("failure", 486, 1))


@pytest.mark.parametrize(
    "answer", [{"action": "Fork"}, {"action": "Route"}, {"action": "Route", "routing_address": "x"}]
)
def test_invalid_answer_lets_call_continue(
    endpoint: Endpoint, url: str, tmp_path: Path, answer: dict[str, Any]
) -> None:
    endpoint.decide = answering(**answer)
    with proxy(tmp_path, url, ask=True) as port, callee(tmp_path, "callee_answers") as phone:
        assert call(tmp_path, "caller_talks", port, phone.port)
        assert phone.finished_well()


def test_slow_endpoint_lets_call_continue(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    def too_late(question: dict[str, Any]) -> dict[str, Any]:
        sleep(3)
        return {"action": "EndCall"}

    endpoint.decide = too_late
    with proxy(tmp_path, url, ask=True, HTTP_TIMEOUT=1) as port, callee(tmp_path, "callee_answers") as phone:
        assert call(tmp_path, "caller_talks", port, phone.port)
        assert phone.finished_well()
        assert_reported(endpoint, ("invite", 0, 1), ("answer", 200, 1), ("disconnect", 0, 0))


def test_endpoint_down_lets_call_continue(tmp_path: Path) -> None:
    absent = f"http://127.0.0.1:{reserved_port()}"
    with proxy(tmp_path, absent, ask=True) as port, callee(tmp_path, "callee_answers") as phone:
        assert call(tmp_path, "caller_talks", port, phone.port)
        assert phone.finished_well()


def test_a_second_leg_can_fail_too(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    with (
        proxy(tmp_path, url, ask=True, MAX_LEGS=1) as port,
        callee(tmp_path, "callee_refuses", 486) as busy,
        callee(tmp_path, "callee_refuses", 404) as unknown,
    ):
        endpoint.decide = only_on_failure(
            action="Route", routing_address=f"sip:x@127.0.0.1:{unknown.port}", ask_on_failure=True
        )
        assert call(tmp_path, "caller_is_refused", port, busy.port, 404)
        assert_reported(endpoint, ("invite", 0, 1), ("failure", 486, 1), ("failure", 404, 2))
    # Not asked any more after the last leg.
    assert [question["leg"] for question in endpoint.questions] == [1, 1]


def test_unroutable_address_is_reported_as_unreachable(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    endpoint.decide = answering(action="Route", routing_address="sip:x@nowhere.invalid")
    with proxy(tmp_path, url, ask=True) as port:
        assert call(tmp_path, "caller_is_refused", port, reserved_port(), 503)
        assert_reported(endpoint, ("invite", 0, 1), ("unreachable", 503, 1))


def test_unanswered_question_after_busy_returns_busy(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    def silent_on_failure(question: dict[str, Any]) -> dict[str, Any]:
        if question["kind"] == "failure":
            sleep(3)
        return {"action": "Continue", "ask_on_failure": True}

    endpoint.decide = silent_on_failure
    with (
        proxy(tmp_path, url, ask=True, HTTP_TIMEOUT=1) as port,
        callee(tmp_path, "callee_refuses", 486) as busy,
    ):
        assert call(tmp_path, "caller_is_refused", port, busy.port, 486)


def test_abandoning_during_question_reported_as_cancel(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    def slow(question: dict[str, Any]) -> dict[str, Any]:
        sleep(1)
        return {"action": "Continue"}

    endpoint.decide = slow
    with proxy(tmp_path, url, ask=True) as port:
        assert call(tmp_path, "caller_gives_up_early", port, reserved_port())
        assert_reported(endpoint, ("invite", 0, 1), ("cancel", 487, 0))


def test_events_wait_while_endpoint_is_down(endpoint: Endpoint, tmp_path: Path) -> None:
    away = reserved_port()
    with proxy(tmp_path, f"http://127.0.0.1:{away}", RETRY_PAUSE=20000) as port:
        with callee(tmp_path, "callee_refuses", 486) as busy:
            assert call(tmp_path, "caller_is_refused", port, busy.port, 486)
        with serving(endpoint, away):
            assert_reported(endpoint, ("invite", 0, 1), ("failure", 486, 1))


def test_any_legal_call_id_survives_json(endpoint: Endpoint, url: str, tmp_path: Path) -> None:
    odd = "a\\b\"c'd$e%s{f}[g]@host"
    with proxy(tmp_path, url, RESPONSE_TIMEOUT=300) as port:
        invite(port, call_id=odd)
        assert_reported(endpoint, ("invite", 0, 1), ("unreachable", 408, 1))
    assert {event["call_id"] for event in endpoint.events} == {odd}
