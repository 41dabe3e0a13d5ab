"""A usage record is valid from birth, and its times survive the way over the wire."""

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.usage_records import moments, record_of, usage_records
from usage_service.errors import InvalidValue
from usage_service.record import Property, UsageRecord, milliseconds_from_time, pair_properties, time_from_milliseconds

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
NOT_XML = ["\x00", "\x0b", "\x1f", "\ud800", "\ufffe", "\uffff"]


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("global_transaction_id", "", "globalTransactionID"),
        ("global_transaction_id", "x" * 128, "globalTransactionID"),
        ("service", "", "service"),
        ("service", "x" * 128, "service"),
        ("event_type", "", "eventType"),
        ("event_type", "x" * 251, "eventType"),
        ("source", "", "source"),
        ("record_time", NOON.replace(tzinfo=None), "recordTime"),
        ("record_time", NOON.astimezone(timezone(timedelta(hours=2))), "recordTime"),
        ("code", 2**31, "code"),
        ("code", -(2**31) - 1, "code"),
        ("properties", (Property("n", ""),) * 1001, "serviceAttributes"),
        ("properties", (Property("n" * 251, ""),), "serviceAttributes"),
        ("properties", (Property("n", "v" * 65_537),), "serviceValues"),
        ("requester", "\x00", "requester"),
        ("once_key", "\x1e", "once_key"),
    ],
)
def test_invalid_value_names_its_field(field: str, value: Any, named: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        record_of(**{field: value})
    assert caught.value.field == named


@pytest.mark.parametrize(
    "fields",
    [
        {"global_transaction_id": "x" * 127, "service": "x" * 127, "event_type": "x" * 250},
        {"code": 2**31 - 1},
        {"code": -(2**31)},
        {"properties": (Property("n", ""),) * 1000},
        {"properties": (Property("n" * 250, "v" * 65_536),)},
        {"properties": (Property("", ""), Property("", ""))},
    ],
    ids=["longest ids", "largest code", "smallest code", "most properties", "longest property", "empty properties"],
)
def test_the_limits_themselves_are_allowed(fields: dict[str, Any]) -> None:
    record = record_of(**fields)
    assert {name: getattr(record, name) for name in fields} == fields


@pytest.mark.parametrize("character", NOT_XML, ids=ascii)
@pytest.mark.parametrize("place", ["global_transaction_id", "service", "event_type", "source"])
def test_id_with_invalid_xml_is_rejected(place: str, character: str) -> None:
    with pytest.raises(InvalidValue, match="XML cannot carry"):
        record_of(**{place: f"a{character}b"})


@pytest.mark.parametrize("character", NOT_XML, ids=ascii)
def test_property_with_invalid_xml_is_rejected(character: str) -> None:
    for pair in (("name", character), (character, "value")):
        with pytest.raises(InvalidValue, match="XML cannot carry"):
            record_of(pair)


@given(usage_records)
def test_legal_records_are_constructible_and_comparable(record: UsageRecord) -> None:
    fields = {name: getattr(record, name) for name in UsageRecord.__slots__}
    assert UsageRecord(**fields) == record


def test_a_record_never_changes() -> None:
    with pytest.raises(FrozenInstanceError):
        record_of().code = 1  # type: ignore[misc]  # the point of the test


@given(moments)
def test_time_survives_conversion_to_milliseconds(moment: datetime) -> None:
    assert time_from_milliseconds(milliseconds_from_time(moment)) == moment


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_milliseconds_survive_conversion_to_time(milliseconds: int) -> None:
    assert milliseconds_from_time(time_from_milliseconds(milliseconds)) == milliseconds


@pytest.mark.parametrize("milliseconds", [-62_135_596_800_001, 253_402_300_800_000, 2**63 - 1, -(2**63)])
def test_milliseconds_outside_calendar_name_field(milliseconds: int) -> None:
    with pytest.raises(InvalidValue) as caught:
        time_from_milliseconds(milliseconds)
    assert caught.value.field == "recordTime"


def test_names_and_values_pair_in_order() -> None:
    assert pair_properties(["a", "b", "a"], ["1", "", "2"]) == (("a", "1"), ("b", ""), ("a", "2"))
