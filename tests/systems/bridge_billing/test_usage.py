"""A charged line becomes a usage record whose key is its place in its file."""

from dataclasses import replace
from decimal import Decimal

from tests.systems.bridge_billing.vectors import OCTOBER, at, cdr, directory
from usage_service.systems.bridge_billing.allocation import Charge, Mode, allocate
from usage_service.systems.bridge_billing.cdr import CdrLine
from usage_service.systems.bridge_billing.usage import usage_record


def charged(line: CdrLine) -> Charge:
    outcome = allocate(line, directory(), OCTOBER, Mode.BY_USAGE_TIME)
    assert isinstance(outcome, Charge)
    return outcome


def test_idempotency_key_from_hash_and_row() -> None:
    assert usage_record(charged(cdr("777", "2012-10-07", "12.34", row=4))).once_key == f"{'f' * 64}:4"


def test_the_conference_is_what_lines_share() -> None:
    line = replace(cdr("777", "2012-10-07", "12.34"), conference_id="8812")
    assert usage_record(charged(line)).global_transaction_id == "8812"


def test_line_without_usable_conference_stands_alone() -> None:
    for conference in (None, "x" * 128):
        record = usage_record(charged(replace(cdr("777", "2012-10-07", "1"), conference_id=conference)))
        assert record.global_transaction_id == record.once_key


def test_cost_user_centre_are_exact_properties() -> None:
    line = replace(
        cdr("0012345", "2012-10-05", "100.10"),
        minutes=Decimal("45.5"),
        end=at("2012-10-06"),
        raw='{"a": "b"}',
    )
    properties = dict(usage_record(charged(line)).properties)
    assert properties["amount"] == "100.10"
    assert properties["minutes"] == "45.5"
    assert properties["end"] == "2012-10-06T00:00:00+00:00"
    assert (properties["subject"], properties["user"], properties["userTag"]) == ("0012345", "A", "20")
    assert (properties["trust"], properties["raw"]) == ("supplier", '{"a": "b"}')


def test_values_not_given_have_no_property() -> None:
    names = {each.name for each in usage_record(charged(cdr("777", "2012-10-07", "1"))).properties}
    assert not names & {"conferenceId", "end", "minutes", "participant", "billingCode"}


def test_operator_is_source_user_is_requester() -> None:
    record = usage_record(charged(cdr("777", "2012-10-07", "1")))
    assert (record.source, record.service, record.requester) == ("pgi", "pgi", "B")
    assert (record.record_time, record.code) == (at("2012-10-07"), 0)
