"""Call Notification through the running service: subscriptions over SOAP, events over HTTP, notices to applications."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
import zeep

from tests.running import RunningService, running, wait_until
from tests.systems.call_notification.application import (
    LOCAL,
    Application,
    direct,
    exception_of,
    manager,
    serving,
    subscribe,
)
from usage_service.database.database import open_database
from usage_service.systems.call_notification.store import CallNotices, StoredNotice

TOKEN = "a token of the tests"
CALLED = "tel:+4681234"
EVENT = json.loads((Path(__file__).parent / "data" / "event.json").read_text())
SETTINGS = {
    "call_notification.events_token": TOKEN,
    "call_notification.application_endpoints": '["http://127.0.0.1:*/"]',
    "call_notification.delivery_retry_seconds": "0.1",
    "call_notification.delivery_retries": "9",
    "call_notification.delivery_timeout_seconds": "2",
    "call_notification.settle_seconds": "1",
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    folder = tmp_path_factory.mktemp("calls")
    with running(RunningService(f"sqlite:///{folder}/usage.db", folder, SETTINGS)) as started:
        yield started


@pytest.fixture
def application() -> Iterator[Application]:
    with serving(Application()) as started:
        yield started


def post(service: RunningService, path: str, document: object, token: str = TOKEN) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(service.url + path, json.dumps(document).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


def event(call: str, kind: str, called: str = CALLED, code: int = 0, leg: int = 1) -> dict[str, Any]:
    return {**EVENT, "call_id": call, "kind": kind, "code": code, "leg": leg, "called": called}


def report(service: RunningService, *events: dict[str, Any]) -> None:
    assert post(service, "/call-events", {"events": list(events)}) == (200, {"taken": len(events)})


def stop(service: RunningService, correlator: str) -> None:
    manager(service).stopCallNotification(correlator=correlator)


def notices(service: RunningService, state: str) -> list[StoredNotice]:
    database = open_database(service.database)
    try:
        return CallNotices(database).find(state=state)
    finally:
        database.close()


def attributes(service: RunningService, correlator: str) -> list[tuple[str, int, dict[str, str]]]:
    """Event type, code and properties of every record with this correlator."""
    found = [(r["event_type"], r["code"], dict(r["properties"])) for r in service.records()]
    return [record for record in found if record[2].get("CORRELATOR") == correlator]


@pytest.mark.parametrize("version", ["2.1", "3.0", "3.8"])
def test_busy_call_notified_in_subscriber_version(
    service: RunningService, application: Application, version: str
) -> None:
    called = f"tel:+46{version.replace('.', '')}"
    subscribe(service, application, f"busy-{version}", called, "Busy", "CalledNumber", version=version)
    report(service, event(version, "invite", called), event(version, "failure", called, 486))
    application.wait_for("notifyCalledNumber", "notifyBusy")
    namespace, _, fields = application.notified[1]
    assert namespace == LOCAL[version]
    assert fields["correlator"] == f"busy-{version}"
    assert called in fields.values()


def test_newer_version_notified_of_whole_call(service: RunningService, application: Application) -> None:
    called = "tel:+460001"
    subscribe(service, application, "whole", called, version="3.8")
    report(
        service,
        event("whole", "disconnect", ""),
        event("whole", "answer", called, 200),
        event("whole", "invite", called),
    )
    application.wait_for("notifyCalledNumber", "notifyAnswer", "notifyCallEvent")


def test_every_step_has_its_usage_record(service: RunningService, application: Application) -> None:
    called = "tel:+460002"
    subscribe(service, application, "recorded", called, "Busy")
    report(service, event("recorded", "invite", called), event("recorded", "failure", called, 486))
    application.wait_for("notifyBusy")
    wait_until(lambda: len(attributes(service, "recorded")) == 3, "three records")
    stop(service, "recorded")
    start, sending, sent, stopped = attributes(service, "recorded")
    assert start[2]["CALL_EVENTS"] == "busy"
    assert start[2]["METHOD"] == "startCallNotification"
    assert start[2]["CALLED_PARTY"] == called
    assert [sending[2]["CALL_NOTIFICATION"], sent[2]["CALL_NOTIFICATION"]] == ["Sending", "Sent"]
    assert (sent[2]["NETWORK_EVENT"], sent[2]["CALL_ID"]) == ("NotifyBusy", "recorded")
    assert {remark for r in service.records() for remark in r["remarks"]} == set()
    assert stopped == (
        "StopCallNotification",
        0,
        {"REQUESTER": "anonymous", "METHOD": "stopCallNotification", "CORRELATOR": "recorded"},
    )


def test_a_repeated_event_changes_nothing(service: RunningService, application: Application) -> None:
    called = "tel:+460003"
    subscribe(service, application, "repeat", called)
    for _ in range(3):
        report(service, event("repeat", "invite", called), event("repeat", "failure", called, 404))
    application.wait_for("notifyCalledNumber", "notifyNotReachable")
    wait_until(lambda: len(attributes(service, "repeat")) == 5, "five records")


def test_lost_event_is_not_awaited_forever(service: RunningService, application: Application) -> None:
    called = "tel:+460004"
    subscribe(service, application, "settled", called, "NoAnswer")
    report(service, event("settled", "ring_timeout", called, 408))
    application.wait_for("notifyNoAnswer")


def test_unavailable_application_notified_later_in_order(service: RunningService, application: Application) -> None:
    called = "tel:+460005"
    application.status = 503
    subscribe(service, application, "away", called)
    report(service, event("away", "invite", called), event("away", "failure", called, 486))
    wait_until(lambda: any("503" in (found.last_error or "") for found in notices(service, "waiting")), "a retry", 20)
    application.status = 200
    application.wait_for("notifyCalledNumber", "notifyBusy")
    wait_until(lambda: len(attributes(service, "away")) == 5, "one record for each step, none for retries")


def test_abandoned_notice_is_kept_and_replayed(service: RunningService, application: Application) -> None:
    called = "tel:+460006"
    application.status = 500
    subscribe(service, application, "dead", called, "CalledNumber")
    report(service, event("dead", "invite", called))
    wait_until(lambda: len(attributes(service, "dead")) == 3, "the failure")
    failed = attributes(service, "dead")[-1]
    assert (failed[1], failed[2]["CALL_NOTIFICATION"]) == (1, "Failed")
    listed = service.run("notifications", "list", "--state", "failed", "--format", "json").stdout
    (notice,) = [row for row in map(json.loads, listed.splitlines()) if row["called"] == called]
    application.status = 200
    service.run("notifications", "replay", notice["notice_id"])
    application.wait_for("notifyCalledNumber")
    wait_until(lambda: called in [found.called for found in notices(service, "sent")], "the notice's state")
    assert [r[2]["CALL_NOTIFICATION"] for r in attributes(service, "dead")[1:]] == [
        "Sending",
        "Failed",
        "Sending",
        "Sent",
    ]


def test_a_slow_application_delays_no_other(service: RunningService, application: Application) -> None:
    slow = Application(slow=threading.Event())
    with serving(slow):
        subscribe(service, slow, "slow", "tel:+460007", "CalledNumber")
        subscribe(service, application, "quick", "tel:+460008", "CalledNumber")
        for number in range(40):
            report(service, event(f"slow{number}", "invite", "tel:+460007"))
        report(service, event("quick", "invite", "tel:+460008"))
        application.wait_for("notifyCalledNumber")
        assert slow.notified == []
        assert slow.slow is not None
        slow.slow.set()
        stop(service, "slow")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"correlator": "taken"}, ("ServiceException", "SVC0005", ["taken", "correlator"])),
        ({"addresses": ["tel:+460009"]}, ("ServiceException", "SVC0008", ["criteria"])),
        ({"addresses": ["tel:46*"]}, ("ServiceException", "SVC0004", ["addresses"])),
        ({"endpoint": "http://192.168.0.1/"}, ("ServiceException", "SVC0002", ["endpoint"])),
    ],
)
def test_invalid_start_is_rejected_and_recorded(
    service: RunningService, application: Application, change: dict[str, Any], expected: tuple[str, str, list[str]]
) -> None:
    subscribe(service, application, "taken", "tel:+460009", "Busy")
    asked = {"correlator": "fresh", "addresses": ["tel:+460010"], "endpoint": application.url, **change}
    reference = {name: asked[name] for name in ("endpoint", "correlator")} | {"interfaceName": "CallNotification"}
    with pytest.raises(zeep.exceptions.Fault) as refused:
        manager(service).startCallNotification(reference=reference, addresses=asked["addresses"], criteria=["Busy"])
    stop(service, "taken")
    assert exception_of(refused.value) == expected
    last_start = [r for r in attributes(service, asked["correlator"]) if r[0] == "StartCallNotification"][-1]
    assert last_start[1] == 1
    assert last_start[2]["METHOD"].startswith("startCallNotification:")


def test_stopping_unknown_subscription_is_rejected(service: RunningService) -> None:
    with pytest.raises(zeep.exceptions.Fault) as refused:
        stop(service, "never started")
    assert exception_of(refused.value) == ("ServiceException", "SVC0002", ["correlator"])


def test_stopped_subscription_is_silent_and_restartable(service: RunningService, application: Application) -> None:
    called = "tel:+460011"
    subscribe(service, application, "again", called, "CalledNumber")
    stop(service, "again")
    report(service, event("untold", "invite", called))
    subscribe(service, application, "again", called, "CalledNumber")
    report(service, event("notified", "invite", called))
    application.wait_for("notifyCalledNumber")
    assert application.notified[0][2]["callSessionIdentifier"] == "notified"


def test_telephone_number_found_in_sip_address(service: RunningService, application: Application) -> None:
    subscribe(service, application, "sip", "tel:+460012", "CalledNumber")
    report(service, event("sip", "invite", "sip:+460012@home.net;user=phone"))
    application.wait_for("notifyCalledNumber")
    assert application.notified[0][2]["calledParticipant"] == "sip:+460012@home.net"


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("<actionToPerform>EndCall</actionToPerform>", {"action": "EndCall"}),
        ("<actionToPerform>Continue</actionToPerform>", {"action": "Continue"}),
        (
            "<actionToPerform>Route</actionToPerform><routingAddress>tel:+4699</routingAddress>",
            {"action": "Route", "routing_address": "tel:+4699"},
        ),
        ("<actionToPerform>Route</actionToPerform>", {"action": "Continue"}),
    ],
)
def test_an_application_directs_a_call(
    service: RunningService, application: Application, action: str, expected: dict[str, str]
) -> None:
    application.action = action
    direct(service, application, "direct", "tel:+460013", "CalledNumber", "Busy")
    answered = post(service, "/call-direction", event("directed", "invite", "tel:+460013"))
    manager(service, "3.0", "CallDirection").stopCallDirectionNotification(correlator="direct")
    assert answered == (200, {**expected, "ask_on_failure": True})
    assert application.operations() == ["handleCalledNumber"]


def test_a_call_nobody_directs_goes_on(service: RunningService) -> None:
    answered = post(service, "/call-direction", event("undirected", "invite", "tel:+460014"))
    assert answered == (200, {"action": "Continue", "ask_on_failure": False})


def test_unavailable_application_directs_no_call(service: RunningService, application: Application) -> None:
    application.status = 503
    direct(service, application, "gone", "tel:+460015", "CalledNumber")
    answered = post(service, "/call-direction", event("gone", "invite", "tel:+460015"))
    manager(service, "3.0", "CallDirection").stopCallDirectionNotification(correlator="gone")
    assert answered[1]["action"] == "Continue"


@pytest.mark.parametrize("path", ["/call-events", "/call-direction"])
def test_without_the_token_nothing_is_heard(service: RunningService, path: str) -> None:
    assert post(service, path, {"events": []}, token="guessed")[0] == 401


@pytest.mark.parametrize("document", [[], {}, {"events": 1}])
def test_invalid_event_batch_is_rejected(service: RunningService, document: object) -> None:
    assert post(service, "/call-events", document)[0] == 400


@pytest.mark.parametrize(
    ("number", "foreign"), [("17", b"odd\xf2\xf3"), ("18", "odd\uffff".encode()), ("19", b"\\ud800")]
)
def test_foreign_bytes_cost_their_event_only(
    service: RunningService, application: Application, number: str, foreign: bytes
) -> None:
    called = f"tel:+4600{number}"
    subscribe(service, application, f"foreign-{number}", called, "CalledNumber")
    events = [event(f"{name}-{number}", "invite", called) for name in ("one", "FOREIGN", "two")]
    body = json.dumps({"events": events}).encode().replace(b"FOREIGN", foreign)
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(service.url + "/call-events", body, headers)) as answer:
        assert (answer.status, json.load(answer)) == (200, {"taken": 3})
    application.wait_for("notifyCalledNumber", "notifyCalledNumber")
    rejects = service.run("rejects", "list", "--source", "sip", "--format", "json").stdout
    assert "cannot carry" in rejects


def test_invalid_event_kept_and_blocks_nothing(service: RunningService, application: Application) -> None:
    called = "tel:+460016"
    subscribe(service, application, "beside", called, "CalledNumber")
    report(service, {"version": 1, "kind": "odd"}, event("beside", "invite", called))
    application.wait_for("notifyCalledNumber")


def test_applications_can_use_one_configured_version(tmp_path: Path, application: Application) -> None:
    settings = {
        **SETTINGS,
        "call_notification.callback_version": "v2_2",
        "call_notification.px21_send_correlator": "false",
    }
    with running(RunningService(f"sqlite:///{tmp_path}/usage.db", tmp_path, settings)) as service:
        subscribe(service, application, "old", CALLED, version="3.0")
        report(service, event("old", "invite"))
        application.wait_for("notifyCalledNumber")
    assert application.notified[0] == (
        LOCAL["2.1"],
        "notifyCalledNumber",
        {"callingParty": "tel:+4681111", "calledParty": CALLED},
    )
