"""Which legs are billed is configurable; usages are revised, never changed in place."""

from dataclasses import replace
from datetime import timedelta

import pytest

from usage_service.errors import ConfigurationError
from usage_service.record import UsageRecord
from usage_service.systems.pexip.calls import Calls
from usage_service.systems.pexip.events import Event
from usage_service.systems.pexip.rules import BillingRules, tag_parser
from usage_service.systems.pexip.usage import Change, Usage, revise

from .building import RULES, conference_row, disconnect, event, row, unix, usages_of


def usage(*events: Event, rules: BillingRules = RULES) -> Usage:
    """What the first leg of these events gives."""
    calls = Calls()
    for one in events:
        calls.apply(one)
    return usages_of(calls, rules)[0]


def properties(found: Usage) -> dict[str, str]:
    assert found.record is not None, found.reason
    return dict(found.record.properties)


def record(*events: Event) -> UsageRecord:
    found = usage(*events).record
    assert found is not None
    return found


def test_a_deployment_may_bill_streams() -> None:
    stream = disconnect("u", is_streaming=True)
    assert usage(stream).reason == "streaming"
    assert usage(stream, rules=replace(RULES, bill_streams=True)).record is not None


def test_deployment_may_omit_short_legs() -> None:
    rules = replace(RULES, shortest=timedelta(seconds=61))
    assert usage(disconnect("u"), rules=rules).reason == "too short"


def test_deployment_may_omit_outgoing_gateway_legs() -> None:
    rules = replace(RULES, bill_outgoing_gateway_legs=False)
    outgoing = disconnect("u", service_type="gateway", call_direction="out")
    assert usage(outgoing, rules=rules).reason == "outgoing gateway leg"
    assert usage(outgoing).record is not None


def test_policy_set_call_tag_is_trusted() -> None:
    class Ours:
        def set_by_policy(self, participant_uuid: str, call_id: str | None, call_tag: str) -> bool:
            return (participant_uuid, call_tag) == ("u", "cc-42")

    rules = replace(RULES, trusted_call_tags=Ours())
    assert properties(usage(disconnect("u", call_tag="cc-42"), rules=rules))["callTagTrust"] == "policy"
    assert properties(usage(disconnect("u", call_tag="cc-43"), rules=rules))["callTagTrust"] == "client"


def test_no_trust_property_without_call_tag() -> None:
    assert "callTagTrust" not in properties(usage(disconnect("u", call_tag="")))


@pytest.mark.parametrize(
    ("kind", "expression", "tag", "tenant"),
    [
        ("opaque", "", "t=acme", None),
        ("query_string", "", "t=acme&d=7", "acme"),
        ("query_string", "", "%%%", None),
        ("regex", "(?P<t>[a-z]+)-.*", "acme-7", "acme"),
        ("regex", "(?P<t>[a-z]+)-.*", "7-acme", None),
    ],
)
def test_tag_parser_reads_service_tag_fields(kind: str, expression: str, tag: str, tenant: str | None) -> None:
    rules = replace(RULES, tag_parser=tag_parser(kind, expression))
    found = properties(usage(disconnect("u", service_tag=tag), rules=rules))
    assert found["serviceTag"] == tag
    assert found.get("serviceTag.t") == tenant


@pytest.mark.parametrize(("kind", "expression"), [("regex", "("), ("xml", "")])
def test_invalid_tag_parser_rejected_at_start(kind: str, expression: str) -> None:
    with pytest.raises(ConfigurationError):
        tag_parser(kind, expression)


def test_first_record_of_usage_is_new() -> None:
    now = record(disconnect("u"))
    revision = revise("key", 0, None, now)
    assert revision is not None
    assert (revision.number, revision.change, revision.record) == (1, Change.NEW, now)


def test_better_data_corrects_under_same_key() -> None:
    before, now = record(disconnect("u", end=60)), record(disconnect("u", end=60), disconnect("u", end=90))
    revision = revise("key", 1, before, now)
    assert revision is not None
    assert (revision.number, revision.change) == (2, Change.CORRECTED)
    assert revision.differences == ("durationSeconds", "endTime")
    assert before.once_key == now.once_key


def test_leg_found_free_is_withdrawn() -> None:
    revision = revise("key", 1, record(disconnect("u")), None)
    assert revision is not None
    assert (revision.number, revision.change, revision.record) == (2, Change.WITHDRAWN, None)


def test_milliseconds_and_descriptions_cause_no_correction() -> None:
    before = record(disconnect("u"))
    now = record(disconnect("u", display_name="Alice", connect_time=unix(0.2)))
    assert revise("key", 1, before, now) is None


def test_no_revision_without_any_record() -> None:
    assert revise("key", 0, None, None) is None


def test_late_statistics_correct_the_record() -> None:
    streams = [{"stream_id": "1", "rx_packets_received": 100, "rx_packets_lost": 7}]
    statistics = event("participant_media_streams_destroyed", 61, {"uuid": "u", "media_streams": streams})
    revision = revise("key", 1, record(disconnect("u")), record(disconnect("u"), statistics))
    assert revision is not None
    assert "packetsLostReceiving" in revision.differences


def test_history_overrules_the_events() -> None:
    calls = Calls()
    calls.apply(disconnect("u", end=60))
    calls.apply_participant_row("u", row("u", end=75, service_tag="other"))
    found = properties(calls.leg_usage("u", RULES))
    assert (found["durationSeconds"], found["serviceTag"]) == ("75", "other")


def test_later_event_keeps_history_data() -> None:
    calls = Calls()
    calls.apply_participant_row("u", row("u", end=75))
    calls.apply(disconnect("u", end=60))
    assert properties(calls.leg_usage("u", RULES))["durationSeconds"] == "75"


def test_touching_history_rows_are_separate_meetings() -> None:
    calls = Calls()
    calls.apply_conference_row(conference_row("c1", 0, 60))
    calls.apply_conference_row(conference_row("c2", 60, 120))
    assert [meeting.history_id for meeting in calls.meetings("Room")] == ["c1", "c2"]


def test_history_row_confirms_meeting_keeping_key() -> None:
    calls = Calls()
    reported = {"name": "Room", "service_type": "conference", "tag": "acme", "start_time": unix(0.01)}
    calls.apply(event("conference_ended", 60, {**reported, "end_time": unix(60)}))
    [before] = usages_of(calls, RULES)
    calls.apply_conference_row(conference_row("c1", 0, 60))
    [now] = usages_of(calls, RULES)
    assert now.key == before.key
    assert properties(now)["conferenceId"] == "c1"
