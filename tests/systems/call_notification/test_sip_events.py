"""Reading what the proxy reports."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_service.errors import InvalidValue
from usage_service.record import SequenceNumber
from usage_service.systems.call_notification.sip_events import CallKey, SipEventKind, sip_event_from

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "event.json").read_text())


def test_an_event_is_read_whole() -> None:
    event = sip_event_from(DOCUMENT)
    assert event.call == CallKey("1-31538@198.51.100.7", "31538a1")
    assert (event.kind, event.code, event.leg) == (SipEventKind.FAILURE, 486, 1)
    assert (event.caller, event.called) == ("tel:+4681111", "sip:+4682222@home.example")
    assert event.time == datetime(2026, 11, 20, 23, 20, 43, 376635, UTC)
    assert (event.node, event.sequence) == ("as1", SequenceNumber("1795216000.000001", 7))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 2),
        ("kind", "hung_up"),
        ("kind", None),
        ("kind", []),
        ("code", "486"),
        ("code", 700),
        ("leg", True),
        ("leg", -1),
        ("seconds", 2**41),
        ("seconds", 2**39),
        ("microseconds", 1_000_000),
        ("call_id", ""),
        ("from_tag", 5),
        ("called", "x" * 4097),
    ],
)
def test_a_wrong_member_is_named(name: str, value: object) -> None:
    with pytest.raises(InvalidValue) as caught:
        sip_event_from({**DOCUMENT, name: value})
    assert caught.value.field == name


def test_members_added_later_do_not_disturb() -> None:
    assert sip_event_from({**DOCUMENT, "spiral": 1}) == sip_event_from(DOCUMENT)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def field_refused(document: object) -> str | None:
    """The member that is wrong, None when the document is an event."""
    try:
        sip_event_from(document)
    except InvalidValue as problem:
        return problem.field
    return None


@given(json_values)
def test_any_json_accepted_or_member_named(document: object) -> None:
    assert field_refused(document) in {"event", *DOCUMENT}


@given(st.sampled_from(sorted(DOCUMENT)), json_values)
def test_any_member_value_accepted_or_named(name: str, value: object) -> None:
    assert field_refused({**DOCUMENT, name: value}) in {None, name}
