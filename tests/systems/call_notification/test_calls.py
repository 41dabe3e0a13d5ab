"""From the events of a call to its notices: each once, in order, whatever the order of arrival."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_service.record import SequenceNumber
from usage_service.systems.call_notification.calls import Call, Notice, advance, settle
from usage_service.systems.call_notification.events import CallEvent
from usage_service.systems.call_notification.responses import DEFAULT
from usage_service.systems.call_notification.sip_events import CallKey, SipEvent, SipEventKind

KEY = CallKey("id@host", "tag")
START = datetime(2026, 1, 2, tzinfo=UTC)


def event(kind: SipEventKind, leg: int = 1, code: int = 0, second: int = 0) -> SipEvent:
    parties = ("", "") if leg == 0 else ("tel:+1", "tel:+2")
    return SipEvent(
        call=KEY,
        kind=kind,
        leg=leg,
        code=code,
        caller=parties[0],
        called=parties[1],
        target=parties[1],
        time=START + timedelta(seconds=second),
        node="as1",
        sequence=SequenceNumber("1", second),
    )


INVITE = event(SipEventKind.INVITE)
BUSY = event(SipEventKind.FAILURE, code=486, second=1)
ANSWER = event(SipEventKind.ANSWER, code=200, second=2)
SECOND_ANSWER = event(SipEventKind.ANSWER, leg=2, code=200, second=3)
CHALLENGE = event(SipEventKind.FAILURE, code=407, second=1)
CANCEL = event(SipEventKind.CANCEL, leg=0, code=487, second=1)
DISCONNECT = event(SipEventKind.DISCONNECT, leg=0, second=9)


def notified(events: Sequence[SipEvent]) -> tuple[Notice, ...]:
    return run(events)[1]


def run(events: Sequence[SipEvent]) -> tuple[Call, tuple[Notice, ...]]:
    call, notices = Call(KEY), ()
    for one in events:
        call, more = advance(call, one, DEFAULT)
        notices += more
    return call, notices


def names(notices: Sequence[Notice]) -> list[tuple[str, int]]:
    return [(notice.event.value, notice.leg) for notice in notices]


STORIES = {
    "answered": ([INVITE, ANSWER, DISCONNECT], [("CalledNumber", 1), ("Answer", 1), ("Disconnected", 1)]),
    "busy": ([INVITE, BUSY], [("CalledNumber", 1), ("Busy", 1)]),
    "cancelled": ([INVITE, CANCEL], [("CalledNumber", 1)]),
    "challenged first": ([INVITE, CHALLENGE, INVITE, ANSWER], [("CalledNumber", 1), ("Answer", 1)]),
    "routed": (
        [INVITE, BUSY, SECOND_ANSWER, DISCONNECT],
        [("CalledNumber", 1), ("Busy", 1), ("Answer", 2), ("Disconnected", 2)],
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_a_call_tells_its_story(story: str) -> None:
    events, expected = STORIES[story]
    assert names(notified(events)) == expected


@given(st.sampled_from(sorted(STORIES)), st.data())
def test_notices_independent_of_repeats_and_order(story: str, data: st.DataObject) -> None:
    events, _ = STORIES[story]
    repeats = data.draw(st.lists(st.sampled_from(events)))
    assert notified(data.draw(st.permutations(events + repeats))) == notified(events)


def test_notice_waits_for_preceding_events() -> None:
    call, notices = advance(Call(KEY), ANSWER, DEFAULT)
    assert notices == ()
    assert names(advance(call, INVITE, DEFAULT)[1]) == [("CalledNumber", 1), ("Answer", 1)]


def test_a_leg_ends_once() -> None:
    assert names(notified([INVITE, BUSY, ANSWER])) == [("CalledNumber", 1), ("Busy", 1)]


def test_notice_has_own_parties_and_time() -> None:
    assert notified([INVITE, BUSY])[1] == Notice(KEY, CallEvent.BUSY, 1, "tel:+1", "tel:+2", BUSY.time)


@pytest.mark.parametrize(
    ("arrived", "expected"),
    [
        ([ANSWER], [("CalledNumber", 1), ("Answer", 1)]),
        ([INVITE, SECOND_ANSWER], [("CalledNumber", 1), ("Answer", 1)]),
        ([INVITE, DISCONNECT], [("CalledNumber", 1), ("Answer", 1), ("Disconnected", 1)]),
        ([DISCONNECT], []),
    ],
)
def test_settling_releases_notices_awaiting_lost_event(
    arrived: list[SipEvent], expected: list[tuple[str, int]]
) -> None:
    call, notices = run(arrived)
    call, rest = settle(call)
    assert names(notices + rest) == expected


@given(st.lists(st.sampled_from([INVITE, BUSY, ANSWER, SECOND_ANSWER, CANCEL, DISCONNECT])), st.data())
def test_late_events_never_repeat_notices(arrived: list[SipEvent], data: st.DataObject) -> None:
    call, notices = run(arrived)
    call, rest = settle(call)
    notices += rest
    for late in data.draw(st.lists(st.sampled_from([INVITE, BUSY, ANSWER, SECOND_ANSWER, DISCONNECT]))):
        call, more = advance(call, late, DEFAULT)
        notices += more
    assert len({(notice.event, notice.leg) for notice in notices}) == len(notices)
