"""Bodies of any kind are read without an exception, and nothing of them is lost."""

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from usage_service.systems.pexip.calls import Calls
from usage_service.systems.pexip.events import Event, Kind, Rejected, read_body

from .building import RULES, usages_of

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
FIELDS = st.sampled_from(
    ["uuid", "name", "connect_time", "end_time", "duration", "start_time", "media_streams", "related_uuids"]
)
ENVELOPES = st.fixed_dictionaries(
    {"event": st.sampled_from([kind.value for kind in Kind]) | st.just("eventsink_bulk") | VALUES},
    optional={
        "node": VALUES,
        "seq": VALUES,
        "time": VALUES,
        "data": VALUES | st.dictionaries(FIELDS, VALUES | st.just("x")),
    },
)


@given(st.binary(max_size=60))
def test_any_bytes_give_kept_message(body: bytes) -> None:
    [message] = read_body(body)[:1]
    assert isinstance(message, Event | Rejected)


@given(st.lists(ENVELOPES, min_size=1, max_size=4))
def test_any_envelopes_fold_without_exception(envelopes: list[dict[str, Any]]) -> None:
    calls = Calls()
    read = read_body(json.dumps({"event": "eventsink_bulk", "data": envelopes}).encode())
    assert len(read) == len(envelopes)
    for message in read:
        if isinstance(message, Event):
            calls.apply(message)
    assert usages_of(calls, RULES) == usages_of(calls, RULES)


def test_rejected_bulk_entry_keeps_place_and_bytes() -> None:
    body = b'{"event":"eventsink_bulk","data":[{"event":"eventsink_started"},{"n":1}]}'
    _, rejected = read_body(body)
    assert rejected == Rejected(position=1, reason="the envelope names no event", body=b'{"n":1}')


def test_rejected_single_body_is_kept_exactly() -> None:
    [rejected] = read_body(b'{"n" : 1}')
    assert isinstance(rejected, Rejected)
    assert rejected.body == b'{"n" : 1}'


def test_rejected_entry_keeps_oversized_number() -> None:
    [rejected] = read_body(b'[{"n":123456789012345678901234567890}]')
    assert isinstance(rejected, Rejected)
    assert b"123456789012345678901234567890" in rejected.body


def test_invalid_utf_8_keeps_leg() -> None:
    [event] = read_body(b'{"event":"participant_connected","data":{"uuid":"u","display_name":"J\xf8rgen"}}')
    assert isinstance(event, Event)
    assert event.participant is not None
    assert event.participant.display_name == "J\ufffdrgen"


def test_excessively_nested_body_is_kept() -> None:
    [rejected] = read_body(b"[" * 100_000)
    assert isinstance(rejected, Rejected)


def test_state_survives_json_round_trip() -> None:
    calls = Calls()
    body = {"uuid": "u", "related_uuids": ["v"], "connect_time": 1.5, "duration": 2.25, "media_streams": [{}]}
    envelope = {"event": "participant_disconnected", "time": 4, "seq": 1, "node": "n", "data": body}
    [event] = read_body(json.dumps(envelope).encode())
    assert isinstance(event, Event)
    calls.apply(event)
    assert msgspec.json.decode(msgspec.json.encode(calls), type=Calls) == calls
