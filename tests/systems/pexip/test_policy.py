"""Policy decisions follow the rules file; anything odd gives the platform's own behaviour."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_service.errors import ConfigurationError, StoreUnavailable
from usage_service.systems.pexip.policy import (
    CONTINUE,
    Decision,
    Period,
    Rules,
    decide_participant,
    decide_service,
    period_of,
    read_rules,
)
from usage_service.systems.pexip.policy import decide as decide_request

from .building import NOON, at

RULES = read_rules((Path(__file__).parent / "data" / "policy-rules.toml").read_text())
HOUR = timedelta(hours=1)


class Totals:
    """Hours used per service tag and month."""

    def __init__(self, hours: Mapping[str, float]) -> None:
        self.hours = hours
        self.asked: list[tuple[datetime, datetime]] = []

    def used(self, service_tag: str, start: datetime, end: datetime) -> timedelta:
        self.asked.append((start, end))
        month = f"{service_tag} {start:%Y-%m}"
        return self.hours.get(month, 0) * HOUR


class NoTotals:
    """A store that cannot be reached."""

    def used(self, service_tag: str, start: datetime, end: datetime) -> timedelta:
        raise StoreUnavailable("no database")


def decide(now: datetime = NOON, hours: Mapping[str, float] | None = None, **parameters: str) -> Decision:
    return decide_participant(parameters, RULES, Totals(hours or {}), now)


def test_an_ordinary_call_goes_on() -> None:
    assert decide(service_tag="globex").answer() == CONTINUE


def test_denied_caller_rejected_with_rule_message() -> None:
    decision = decide(remote_alias="sip:x@SPAM.example.net")
    assert decision.reason == "denied by strangers"
    assert decision.answer() == {
        "status": "success",
        "action": "reject",
        "result": {"reject_reason": "Not welcome"},
    }


def test_tag_over_quota_is_rejected() -> None:
    decision = decide(service_tag="acme-7", hours={"acme-7 2026-03": 10})
    assert decision.refused
    assert decision.reason.startswith("over quota of acme has 10 hours a month")


def test_tag_under_quota_is_accepted() -> None:
    assert not decide(service_tag="acme-7", hours={"acme-7 2026-03": 9.99}).refused


def test_rejected_tag_is_accepted_after_period() -> None:
    april = NOON.replace(month=4, day=1, hour=0)
    assert not decide(april, service_tag="acme-7", hours={"acme-7 2026-03": 10}).refused


def test_allowed_caller_is_exempt_from_quotas() -> None:
    decision = decide(remote_alias="eve@ops.example.com", service_tag="acme-7", hours={"acme-7 2026-03": 99})
    assert not decision.refused
    assert decision.reason == "allowed by operators may always call"


def test_call_tag_comes_from_identity_provider() -> None:
    decision = decide(idp_attribute_costcenter="4711", call_tag="chosen-by-client")
    assert decision.answer() == {**CONTINUE, "result": {"call_tag": "cc:4711"}}


@pytest.mark.parametrize("cost_center", ["", "x" * 300])
def test_invalid_call_tag_is_not_set(cost_center: str) -> None:
    assert decide(idp_attribute_costcenter=cost_center).call_tag is None


def test_calls_without_tag_have_no_quota() -> None:
    assert not decide(service_tag="", hours={" 2026-03": 1000}).refused


@pytest.mark.parametrize("request_path", ["participant/location", "participant/avatar/bob", "registrations", ""])
def test_requests_without_rules_left_to_platform(request_path: str) -> None:
    denied = {"remote_alias": "x@spam.example.net"}
    assert decide_request(request_path, denied, RULES, Totals({}), NOON).answer() == CONTINUE


def test_request_is_decided_by_its_path() -> None:
    denied = {"remote_alias": "x@spam.example.net"}
    assert decide_request("participant/properties", denied, RULES, Totals({}), NOON).refused
    assert decide_request("/service/configuration/", denied, RULES, Totals({}), NOON).refused


def test_undecidable_rule_fails_as_configured() -> None:
    closed = decide_participant({"service_tag": "acme-7"}, RULES, NoTotals(), NOON)
    opened = decide_participant({"service_tag": "globex"}, RULES, NoTotals(), NOON)
    assert closed.refused
    assert "no database" in closed.reason
    assert not opened.refused


def test_rule_may_give_service_another_tag() -> None:
    decision = decide_service({"local_alias": "sip:townhall@example.com"}, RULES, Totals({}), NOON)
    described = {"name": "Town hall", "service_tag": "acme-communications", "service_type": "lecture"}
    assert decision.answer() == {**CONTINUE, "result": described}


def test_described_service_over_quota_is_rejected() -> None:
    totals = Totals({"acme-communications 2026-03": 11})
    assert decide_service({"local_alias": "townhall"}, RULES, totals, NOON).refused


def test_denied_alias_rejected_before_service_lookup() -> None:
    assert decide_service({"local_alias": "closed"}, RULES, Totals({}), NOON).refused


def test_unknown_alias_is_left_to_platform() -> None:
    assert decide_service({"local_alias": "meet.bob"}, RULES, Totals({}), NOON).answer() == CONTINUE


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=40), max_size=6))
def test_any_parameters_give_a_decision(parameters: dict[str, str]) -> None:
    quiet = Totals({})
    assert not decide_service(parameters, RULES, quiet, NOON).refused
    assert not decide_participant(parameters, Rules(), quiet, NOON).refused


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        (Period.DAY, "2026-03-02", "2026-03-03"),
        (Period.WEEK, "2026-03-02", "2026-03-09"),
        (Period.MONTH, "2026-03-01", "2026-04-01"),
        (Period.YEAR, "2026-01-01", "2027-01-01"),
    ],
)
def test_period_is_calendar_period_around_now(period: Period, start: str, end: str) -> None:
    found = period_of(NOON, period)
    assert tuple(moment.isoformat() for moment in found) == (
        f"{start}T00:00:00+00:00",
        f"{end}T00:00:00+00:00",
    )


@given(st.integers(0, 20 * 366), st.sampled_from(Period))
def test_period_contains_now_and_meets_next(days: int, period: Period) -> None:
    now = at(86_400 * days)
    start, end = period_of(now, period)
    assert start <= now < end
    assert period_of(end, period)[0] == end


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("rule = 1", "Expected `array`"),
        ("[[rule]]\nname = 'x'", "neither refuses"),
        ("[[rule]]\nname = 'x'\ndeny = true\nallow = true", "exclude each other"),
        ("[[rule]]\nname = 'x'\nquota_hours = -1", "must not be negative"),
        ("[[rule]]\nname = 'x'\nquota = 3", "unknown field"),
        ("[[rule]", "policy rules"),
    ],
)
def test_invalid_rules_file_rejected_with_reason(source: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        read_rules(source)
