"""Applications made by other SOAP stacks from the served WSDLs: they are notified of calls, and decide about them."""

import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from demos.ports import reserved_port
from tests.running import RunningService, running, wait_until
from tests.systems.call_notification.application import Application, direct, subscribe
from tests.systems.call_notification.network import running as running_process
from tests.systems.call_notification.test_service import SETTINGS, event, post, report

FOREIGN = Path(__file__).parent / "foreign"
WSDLS = {
    "2.1": ("call_notification_service_2_2", "call_direction_service_2_2"),
    "3.0": ("call_notification_service_3_2", "call_direction_service_3_2"),
}
CALLER = "tel:+4681111"


@dataclass
class ForeignApplication:
    """A running application of one stack and edition; what it received is in its output."""

    stack: str
    edition: str
    output: Path
    here: Application

    @property
    def name(self) -> str:
        return f"{self.stack}-{self.edition}"

    def notified(self) -> list[str]:
        return sorted(self.output.read_text().splitlines())

    def line(self, operation: str, correlator: str, called: str, call: str) -> str:
        """What it writes then."""
        return f"{operation} {correlator} {CALLER} {called} {call if self.edition == '3.0' else '-'}"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    folder = tmp_path_factory.mktemp("foreign")
    with running(RunningService(f"sqlite:///{folder}/usage.db", folder, SETTINGS)) as started:
        yield started


@pytest.fixture(params=["gsoap", "php"])
def stack(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["2.1", "3.0"])
def application(
    service: RunningService, request: pytest.FixtureRequest, tmp_path: Path, stack: str
) -> Iterator[ForeignApplication]:
    edition = str(request.param)
    contracts = f"{service.url}/CallNotificationManagerService/services"
    wsdls = [f"{contracts}/parlayx_{name}.wsdl" for name in WSDLS[edition]]
    _run(str(FOREIGN / stack / "build"), edition, str(tmp_path), *wsdls)
    port, output = reserved_port(), tmp_path / "notified"
    with running_process([str(tmp_path / "application"), str(port)], output):
        wait_until(lambda: _listens(port), f"{stack} listening")
        yield ForeignApplication(stack, edition, output, Application(url=f"http://127.0.0.1:{port}/"))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_application_is_notified_and_directs_calls(service: RunningService, application: ForeignApplication) -> None:
    assert_told(service, application)
    assert_asked(service, application)


def assert_told(service: RunningService, application: ForeignApplication) -> None:
    called, correlator = f"sip:notified@{application.name}.example", f"notified-{application.name}"
    subscribe(service, application.here, correlator, called, version=application.edition)
    expected = []
    for operation, kind, code in (
        ("notifyBusy", "failure", 486),
        ("notifyNoAnswer", "ring_timeout", 408),
        ("notifyNotReachable", "failure", 404),
        ("notifyAnswer", "answer", 200),
    ):
        call = f"{application.name}-{operation}"
        report(service, event(call, "invite", called), event(call, kind, called, code))
        known = (
            ["notifyCalledNumber", operation] if (application.edition, code) != ("2.1", 200) else ["notifyCalledNumber"]
        )
        expected += [application.line(name, correlator, called, call) for name in known]
    wait_until(lambda: application.notified() == sorted(expected), f"{expected}", 20)


def assert_asked(service: RunningService, application: ForeignApplication) -> None:
    called, correlator = f"sip:asked@{application.name}.example", f"asked-{application.name}"
    direct(service, application.here, correlator, called, version=application.edition)
    for operation, kind, code, expected in (
        ("handleCalledNumber", "invite", 0, {"action": "Continue"}),
        ("handleBusy", "failure", 486, {"action": "Route", "routing_address": "tel:+4699"}),
        ("handleNoAnswer", "ring_timeout", 408, {"action": "EndCall"}),
        # The application answers this one with a fault, which leaves the call to the network.
        ("handleNotReachable", "failure", 404, {"action": "Continue"}),
    ):
        answered = post(service, "/call-direction", event(operation, kind, called, code))
        assert answered == (200, {**expected, "ask_on_failure": True})
        assert application.line(operation, correlator, called, operation) in application.notified()
