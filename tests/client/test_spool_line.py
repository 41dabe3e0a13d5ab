"""Lines of the spool: what is written is read again, and damage is noticed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.client.points import NOON, line, record
from usage_service.client.spool_line import SpooledRecord, line_of, spooled_record
from usage_service.errors import Unreadable
from usage_service.record import Property, UsageRecord

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20)
ids = texts.filter(lambda text: bool(text.strip(" \t\r\n")))


@given(ids, st.lists(st.tuples(texts, texts), max_size=3), st.integers(-(2**31), 2**31 - 1))
def test_record_survives_round_trip(identifier: str, pairs: list[tuple[str, str]], code: int) -> None:
    written = UsageRecord(
        global_transaction_id=identifier,
        service=identifier,
        event_type=identifier,
        record_time=NOON,
        code=code,
        properties=tuple(Property(*pair) for pair in pairs),
    )
    assert spooled_record(line_of(written, "k", NOON)) == SpooledRecord(written, "k", NOON)


def test_line_is_human_readable_json() -> None:
    found = json.loads(line(7))
    assert found["record"]["service"] == "PX21_CN_IMS"
    assert found["record"]["properties"] == [["CORRELATOR", "c7"]]
    assert found["record"]["key"] == "k7"


@given(st.integers(0, len(line()) - 1), st.integers(1, 255))
def test_any_changed_byte_is_noticed(place: int, change: int) -> None:
    damaged = bytearray(line())
    damaged[place] ^= change
    with pytest.raises(Unreadable):
        spooled_record(bytes(damaged))


@given(st.binary(max_size=60))
def test_foreign_bytes_are_no_record(foreign: bytes) -> None:
    with pytest.raises(Unreadable):
        spooled_record(foreign + b"\n")


def test_the_fields_may_not_be_missing() -> None:
    assert record().service in line().decode()
    with pytest.raises(Unreadable):
        spooled_record(line().replace(b'"key"', b'"kex"'))
