"""The one table of event names."""

from usage_service.systems.call_notification.events import DIRECTED_EVENTS, NAMES, CallEvent, call_events_text


def test_each_event_is_in_table_once() -> None:
    assert list(NAMES) == list(CallEvent)


def test_called_number_has_its_documented_names() -> None:
    assert NAMES[CallEvent.CALLED_NUMBER] == (
        "called_number",
        "NotifyCalledNumber",
        "notifyCalledNumber",
        "handleCalledNumber",
    )


def test_call_events_have_fixed_order() -> None:
    assert call_events_text([CallEvent.NO_ANSWER, CallEvent.BUSY]) == "busy,no_answer"
    assert call_events_text(reversed(CallEvent)) == "called_number,busy,not_reachable,no_answer,answer,disconnected"


def test_an_answered_call_cannot_be_directed() -> None:
    assert CallEvent.ANSWER not in DIRECTED_EVENTS
