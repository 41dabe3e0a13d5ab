from dataclasses import replace
from datetime import timedelta

from usage_service.record import Property, UsageRecord
from usage_service.systems.genesys.interaction import Interaction
from usage_service.systems.genesys.link import Policy
from usage_service.systems.genesys.scanner import Settings
from usage_service.systems.genesys.usage import seconds, usage_records

from .generator import AFTERWARDS
from .support import ATTACHED, ORDER, PAGE, events_of, interactions_of
from .test_interaction import ended, event, whole


def values(record: UsageRecord, name: str) -> list[str]:
    return [value for found, value in record.properties if found == name]


def test_final_interaction_gives_record_per_call(published: Interaction) -> None:
    first, *calls = usage_records(published)
    assert values(first, "CallUUID") == list(ORDER)
    assert values(first, "Server") == ["Tserver2", "SIPServer1"]
    assert [record.service for record in calls] == ["GENESYS_CALL"] * 3
    assert {record.global_transaction_id for record in (first, *calls)} == {published.interaction_id}
    assert [record.source for record in calls] == [
        "genesys:Tserver2",
        "genesys:SIPServer1",
        "genesys:Tserver2",
    ]


def test_an_open_interaction_gives_no_records() -> None:
    [one] = interactions_of(events_of(PAGE), Policy(), AFTERWARDS)
    assert usage_records(one) == ()


def test_record_keys_are_unique_and_stable(published: Interaction) -> None:
    keys = [record.once_key for record in usage_records(published)]
    assert len(set(keys)) == 4
    assert keys == [record.once_key for record in usage_records(published)]


def test_record_contains_data_of_call() -> None:
    events = events_of(ATTACHED, settings=Settings(user_data=frozenset({"ActivityID"})))
    [one] = interactions_of(events, Policy(), AFTERWARDS)
    [_, call] = usage_records(one)
    for expected in (
        Property("ANI", "+4930  1234"),
        Property("CallType", "Inbound"),
        Property("UserData.ActivityID", "1-XXXXXX"),
        Property("ConnID", "0077028a809f7004"),
        Property("Seconds", "2624.041342"),
    ):
        assert expected in call.properties


def test_interaction_duration_sums_its_calls(published: Interaction) -> None:
    [record, *_] = usage_records(published)
    assert values(record, "CallSeconds") == ["183.051000"]


def test_clock_set_back_avoids_negative_duration() -> None:
    start = event("X", "A", 5)
    found = whole(start, replace(ended("X", "A", 6), time=start.time - timedelta(hours=1)))
    assert seconds(found.calls[0]) == "0.000000"
