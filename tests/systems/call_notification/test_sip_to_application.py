"""From a real SIP call through Kamailio and the service to the application, and back for those that direct calls."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from demos.ports import reserved_port
from tests.running import RunningService, running, wait_until
from tests.systems.call_notification.application import Application, direct, manager, serving, subscribe
from tests.systems.call_notification.network import TOKEN, call, callee, proxy

DIALLED = "tel:+4682222"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    folder = tmp_path_factory.mktemp("sip")
    settings = {
        "call_notification.events_token": TOKEN,
        "call_notification.application_endpoints": '["http://127.0.0.1:*/"]',
    }
    with running(RunningService(f"sqlite:///{folder}/usage.db", folder, settings)) as started:
        yield started


@pytest.fixture(scope="module")
def sip(service: RunningService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of the proxy."""
    folder = tmp_path_factory.mktemp("kamailio")
    paths = ("/call-events", "/call-direction")
    with proxy(folder, service.url, ask=True, paths=paths, RING_TIMEOUT=700, RESPONSE_TIMEOUT=700) as port:
        yield port


@pytest.fixture
def application() -> Iterator[Application]:
    with serving(Application()) as started:
        yield started


@contextmanager
def subscribed(service: RunningService, application: Application, correlator: str, version: str) -> Iterator[None]:
    subscribe(service, application, correlator, DIALLED, version=version)
    yield
    manager(service, version).stopCallNotification(correlator=correlator)


@contextmanager
def directed(service: RunningService, application: Application, correlator: str, *criteria: str) -> Iterator[None]:
    direct(service, application, correlator, DIALLED, *criteria)
    yield
    manager(service, "3.0", "CallDirection").stopCallDirectionNotification(correlator=correlator)


def place(folder: Path, sip: int, outcome: str) -> None:
    """One call that ends as the scenario says; both phones must see exactly what their scenario says."""
    if outcome == "answered":
        with callee(folder, "callee_answers") as phone:
            assert call(folder, "caller_talks", sip, phone.port)
    elif outcome == "rings":
        with callee(folder, "callee_rings") as phone:
            assert call(folder, "caller_is_refused", sip, phone.port, 408)
    elif outcome == "silent":
        assert call(folder, "caller_is_refused", sip, reserved_port(), 408)
    else:
        with callee(folder, "callee_refuses", int(outcome)) as phone:
            assert call(folder, "caller_is_refused", sip, phone.port, int(outcome))


def network_events(service: RunningService, correlator: str, stage: str) -> list[str]:
    properties = [dict(record["properties"]) for record in service.records()]
    wanted = [p for p in properties if p.get("CORRELATOR") == correlator and p.get("CALL_NOTIFICATION") == stage]
    return [found["NETWORK_EVENT"] for found in wanted]


@pytest.mark.parametrize(
    "case",
    [
        ("2.1", "answered", []),
        ("3.0", "answered", ["notifyAnswer"]),
        ("3.8", "answered", ["notifyAnswer", "notifyCallEvent"]),
        ("2.1", "486", ["notifyBusy"]),
        ("3.0", "600", ["notifyBusy"]),
        ("2.1", "480", ["notifyNoAnswer"]),
        ("3.0", "rings", ["notifyNoAnswer"]),
        ("2.1", "404", ["notifyNotReachable"]),
        ("3.0", "silent", ["notifyNotReachable"]),
    ],
)
def test_call_outcome_gives_notices_and_records(
    service: RunningService, sip: int, application: Application, tmp_path: Path, case: tuple[str, str, list[str]]
) -> None:
    version, outcome, last = case
    correlator = f"{version} {outcome}"
    with subscribed(service, application, correlator, version):
        place(tmp_path, sip, outcome)
        application.wait_for("notifyCalledNumber", *last)
    expected = [name[0].upper() + name[1:] for name in application.operations()]
    expected = [name.replace("NotifyCallEvent", "NotifyDisconnected") for name in expected]
    wait_until(lambda: network_events(service, correlator, "Sent") == expected, f"records of {expected}", 20)
    assert network_events(service, correlator, "Sending") == expected
    assert "tel:+4681111" in application.notified[0][2].values()


def test_end_call_ends_the_call(service: RunningService, sip: int, application: Application, tmp_path: Path) -> None:
    application.action = "<actionToPerform>EndCall</actionToPerform>"
    with directed(service, application, "end", "CalledNumber"):
        assert call(tmp_path, "caller_is_refused", sip, reserved_port(), 603)
    assert application.operations() == ["handleCalledNumber"]


def test_route_redirects_call_with_busy_callee(
    service: RunningService, sip: int, application: Application, tmp_path: Path
) -> None:
    with callee(tmp_path, "callee_refuses", 486) as busy, callee(tmp_path, "callee_answers") as other:
        address = f"sip:other@127.0.0.1:{other.port}"
        application.action = f"<actionToPerform>Route</actionToPerform><routingAddress>{address}</routingAddress>"
        with directed(service, application, "route", "Busy"):
            assert call(tmp_path, "caller_talks", sip, busy.port)
        assert other.finished_well()
    assert application.operations() == ["handleBusy"]


def test_continue_lets_the_call_go_on(
    service: RunningService, sip: int, application: Application, tmp_path: Path
) -> None:
    with directed(service, application, "continue"):
        place(tmp_path, sip, "486")
    assert application.operations() == ["handleCalledNumber", "handleBusy"]
