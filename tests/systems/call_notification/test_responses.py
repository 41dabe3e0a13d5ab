"""Which SIP response is which call event."""

import pytest

from usage_service.errors import ConfigurationError
from usage_service.systems.call_notification.events import CallEvent
from usage_service.systems.call_notification.responses import DEFAULT, ORACLE, response_codes
from usage_service.systems.call_notification.sip_events import SipEventKind


@pytest.mark.parametrize(
    ("code", "event"),
    [
        (486, CallEvent.BUSY),
        (600, CallEvent.BUSY),
        (408, CallEvent.NO_ANSWER),
        (480, CallEvent.NO_ANSWER),
        (404, CallEvent.NOT_REACHABLE),
        (503, CallEvent.NOT_REACHABLE),
        (603, CallEvent.NOT_REACHABLE),
        (401, None),
        (407, None),
        (487, None),
        (302, None),
    ],
)
def test_a_failure_response_maps_by_default(code: int, event: CallEvent | None) -> None:
    assert DEFAULT.outcome(SipEventKind.FAILURE, code) is event


@pytest.mark.parametrize("code", [300, 302, 401, 407, 480, 487, 600, 603])
def test_oracle_preset_defaults_to_not_reachable(code: int) -> None:
    assert ORACLE.failure_event(code) is CallEvent.NOT_REACHABLE
    assert ORACLE.failure_event(486) is CallEvent.BUSY
    assert ORACLE.failure_event(408) is CallEvent.NO_ANSWER


def test_ring_timeout_is_no_answer_silence_unreachable() -> None:
    assert DEFAULT.outcome(SipEventKind.RING_TIMEOUT, 408) is CallEvent.NO_ANSWER
    assert DEFAULT.outcome(SipEventKind.UNREACHABLE, 408) is CallEvent.NOT_REACHABLE


@pytest.mark.parametrize("kind", [SipEventKind.CANCEL, SipEventKind.INVITE, SipEventKind.DISCONNECT])
def test_other_events_are_no_outcome(kind: SipEventKind) -> None:
    assert DEFAULT.outcome(kind, 487) is None


def test_setting_is_list_of_codes() -> None:
    assert response_codes(" 486, 600 ,") == {486, 600}


@pytest.mark.parametrize("text", ["busy", "200", "700", "486;600", "48\u0666"])
def test_setting_with_invalid_codes_is_rejected(text: str) -> None:
    with pytest.raises(ConfigurationError):
        response_codes(text)
