"""The policy server over HTTP: quotas from our own totals, call tags we vouch for, the default for anything odd."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from tests.running import RunningService, wait_until
from tests.systems.pexip.building import leg
from tests.systems.pexip.service.working import working
from usage_service.database.database import Database
from usage_service.errors import ConfigurationError
from usage_service.systems.pexip.deployment import Policy
from usage_service.systems.pexip.policy import CONTINUE, decide, read_rules
from usage_service.systems.pexip.policy_server import FreshTotals, RulesFile
from usage_service.systems.pexip.reports import PexipReports
from usage_service.systems.pexip.store import PexipUsages

LOGIN = ("policy", "secret")
NOW = datetime.now(UTC)


def ask(service: RunningService, request: str = "participant/properties", query: str = "") -> requests.Response:
    return requests.get(f"{service.url}/pexip/policy/v1/{request}?{query}", auth=LOGIN, timeout=5)


def disconnected(uuid: str, hours: float, end: datetime = NOW, **fields: object) -> bytes:
    times = {"connect_time": end.timestamp() - hours * 3600, "end_time": end.timestamp(), "duration": hours * 3600}
    reported = {"event": "participant_disconnected", "node": "n1", "seq": 1, "time": end.timestamp()}
    return json.dumps(reported | {"data": leg(uuid, **(times | fields))}).encode()


def test_tag_over_quota_rejected_next_call(pexip_service: RunningService) -> None:
    assert ask(pexip_service, query="service_tag=acme").json() == CONTINUE
    requests.post(f"{pexip_service.url}/pexip/event-sink/main", data=disconnected("long", 1.5), timeout=10)
    refused = {"reject_reason": "The quota of this month is used up"}
    wait_until(lambda: ask(pexip_service, query="service_tag=acme").json().get("result") == refused, "the refusal", 30)
    assert ask(pexip_service, query="service_tag=globex").json() == CONTINUE


def test_quota_is_restored_when_period_ends(database: Database) -> None:
    rules = read_rules('[[rule]]\nname = "q"\nquota_hours = 1\nperiod = "month"')
    end = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
    with working(database) as bench:
        bench.post(disconnected("long", 1.5, end))
        bench.work.catch_up_fully()
    totals = PexipUsages(database)
    asked = {"service_tag": "acme"}
    assert decide("participant/properties", asked, rules, totals, end).refused
    assert not decide("participant/properties", asked, rules, totals, end + timedelta(minutes=1)).refused


def test_policy_set_call_tag_is_trusted(database: Database) -> None:
    with working(database, policy=Policy(rules="unused")) as bench:
        noted = {"request": "participant/properties", "service_tag": None, "refused": False, "reason": "cost centre"}
        ids = {"participant_uuid": "a", "call_uuid": "a", "call_tag": "cc-7", "parameters": "{}"}
        PexipReports(database).note_decisions([noted | ids])
        march = datetime(2026, 3, 2, tzinfo=UTC)
        bench.post(disconnected("a", 1, march, call_tag="cc-7"), disconnected("b", 1, march, call_tag="cc-7"))
        bench.work.catch_up_fully()
        rows = bench.usage("call-tag")
    assert sorted((row["call_tag"], row["call_tag_trust"], row["legs"]) for row in rows) == [
        ("cc-7", "client", 1),
        ("cc-7", "policy", 1),
    ]


def test_call_tag_set_and_decision_reason_kept(pexip_service: RunningService) -> None:
    answer = ask(pexip_service, query="idp_attribute_costcenter=cc-9&call_uuid=%00x")
    assert answer.json()["result"] == {"call_tag": "cc-9"}

    def decisions() -> str:
        return pexip_service.run("pexip", "decisions", "--format", "json").stdout

    wait_until(lambda: '"call_tag":"cc-9"' in decisions(), "the decision", 30)


@pytest.mark.parametrize(
    ("request_path", "query"),
    [
        ("participant/properties", ""),
        ("participant/properties", "%ff%fe=%00&&&=&service_tag"),
        ("participant/location", "service_tag=acme"),
        ("participant/avatar/x", ""),
        ("registrations", ""),
        ("unknown/request", ""),
        ("service/configuration", "service_tag=" + "x" * 5_000),
    ],
)
def test_anything_odd_gets_the_platforms_default(pexip_service: RunningService, request_path: str, query: str) -> None:
    answer = ask(pexip_service, request_path, query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == CONTINUE


def test_a_stranger_is_not_answered(pexip_service: RunningService) -> None:
    url = f"{pexip_service.url}/pexip/policy/v1/participant/properties"
    assert requests.get(url, timeout=5).status_code == 401


def test_totals_are_refreshed_after_short_interval() -> None:
    asked: list[str] = []

    class Totals:
        def used(self, service_tag: str, start: datetime, end: datetime) -> timedelta:
            asked.append(service_tag)
            return timedelta(hours=len(asked))

    clock = iter([0.0, 0.5, 0.95])
    totals = FreshTotals(Totals(), lambda: next(clock))
    assert [totals.used("a", NOW, NOW) // timedelta(hours=1) for _ in range(3)] == [1, 1, 2]


def test_changed_rules_apply_unless_broken(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('[[rule]]\nname = "a"\ndeny = true')
    rules = RulesFile(file, clock=iter(range(0, 1_000, 2)).__next__)
    file.write_text("broken")
    assert [rule.name for rule in rules.rules().rule] == ["a"]
    time.sleep(0.02)  # so that the file's time differs
    file.write_text('[[rule]]\nname = "b"\ndeny = true')
    assert [rule.name for rule in rules.rules().rule] == ["b"]


def test_missing_rules_file_is_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        RulesFile(tmp_path / "missing.toml")
