"""`make demo-call`: real SIP calls through Kamailio, an application that is told of them, and the usage records."""

import sqlite3
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from usage_service.client.contract import operations
from usage_service.demos.call_application import CallApplication, served
from usage_service.demos.telephones import answering_phone, calling_phone, free_port, missing_programs, proxy
from usage_service.demos.temporary_service import TemporaryService, temporary_service

TOKEN = "demonstration"
DIALLED = "tel:+4682222"
SETTINGS = {"call_events_token": TOKEN, "application_endpoints": '["http://127.0.0.1:*/"]'}
QUIET_SECONDS = 1.5

OUTCOMES = (
    ("is answered, and ends", "caller_talks", "callee_answers", 0),
    ("finds the callee busy", "caller_is_refused", "callee_refuses", 486),
    ("rings, and nobody answers", "caller_is_refused", "callee_rings", 408),
    ("reaches no phone at all", "caller_is_refused", None, 408),
)
NOTIFICATION = {
    "2.1": ("2.1/parlayx_call_notification_manager_service_2_3", "call_notification", "v2_3"),
    "3.x": ("3.8/parlayx_call_notification_manager_service_3_8", "call_notification", "v3_8"),
}
DIRECTION = ("3.0/parlayx_call_direction_manager_service_3_1", "call_direction", "v3_1")


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs during the demonstration."""

    console: Console
    folder: Path
    service: TemporaryService
    application: CallApplication
    sip: int

    def manager(self, contract: tuple[str, str, str]) -> Any:
        """The operations of one of the managers."""
        file, kind, version = contract
        name = "CallDirectionManager" if kind == "call_direction" else "CallNotificationManager"
        binding = f"{{http://www.csapi.org/wsdl/parlayx/{kind}/notification_manager/{version}/service}}{name}Binding"
        address = f"{self.service.url}/{name}Service/services/{name}"
        return operations(f"parlayx/{file}.wsdl", binding, address, timeout=10)

    def reference(self, correlator: str) -> dict[str, str]:
        """How an application says where it is."""
        return {"endpoint": self.application.url, "interfaceName": "demo", "correlator": correlator}


def main() -> None:
    """Subscribe, call, and show what everybody saw."""
    console = Console(width=160)
    if missing := missing_programs():
        raise SystemExit(f"{' and '.join(missing)} must be installed first: see .ci/packages")
    with ExitStack() as running:
        folder = Path(running.enter_context(TemporaryDirectory(prefix="usage-service-calls-")))
        service = running.enter_context(temporary_service(SETTINGS))
        application = CallApplication()
        running.enter_context(served(application))
        sip = running.enter_context(proxy(folder, service.url, TOKEN))
        stage = Stage(console, folder, service, application, sip)
        console.print(
            f"The service runs at {service.url}, Kamailio on SIP port {sip}, the application at {application.url}"
        )
        for version in NOTIFICATION:
            show_notifications(stage, version)
        show_directions(stage)


def show_notifications(stage: Stage, version: str) -> None:
    """Every outcome of a call, told to a subscriber of one version."""
    manager = stage.manager(NOTIFICATION[version])
    manager.startCallNotification(reference=stage.reference(f"demo-{version}"), addresses=[DIALLED])
    stage.console.rule(f"Parlay X {version}: told about every call to {DIALLED}")
    for title, caller, callee, code in OUTCOMES:
        table = Table("what the application was told", "usage records written", title=f"A call that {title}")
        told, written = _during(stage, caller, callee, code)
        table.add_row("\n".join(told), "\n".join(written))
        stage.console.print(table)
    manager.stopCallNotification(correlator=f"demo-{version}")


def show_directions(stage: Stage) -> None:
    """The application ends a call, routes a busy one elsewhere, and lets one go on; the phones are the witnesses."""
    stage.console.rule(f"Call direction: the application decides about calls to {DIALLED}")
    manager = stage.manager(DIRECTION)
    manager.startCallDirectionNotification(reference=stage.reference("demo-direction"), addresses=[DIALLED])
    table = Table("the application answers", "it was asked", "the caller's phone", "the other phone")
    for action, caller, code in (
        ("EndCall", "caller_is_refused", 603),
        ("Route", "caller_talks", 0),
        ("Continue", "caller_is_refused", 486),
    ):
        table.add_row(action, *_directed(stage, action, caller, code))
    stage.console.print(table)
    manager.stopCallDirectionNotification(correlator="demo-direction")


def _directed(stage: Stage, action: str, caller: str, code: int) -> tuple[str, str, str]:
    before = len(stage.application.told)
    callee = answering_phone(stage.folder, "callee_refuses" if action == "Continue" else "callee_answers", 486)
    stage.application.action = action
    stage.application.routing_address = f"sip:other@127.0.0.1:{callee.port}"
    to = callee.port if action == "Continue" else free_port()
    phone = calling_phone(stage.folder, caller, via=stage.sip, to=to, code=code)
    seen = phone.saw_what_it_should()
    saw = {"EndCall": "603 Decline", "Route": "answered elsewhere", "Continue": "486 Busy Here"}[action]
    if action == "EndCall":
        callee.process.kill()
        other = "was not called"
    else:
        other = "saw what it should" if callee.saw_what_it_should() else "did not see what it should"
    return "\n".join(stage.application.told[before:]), saw if seen else "did not see what it should", other


def _during(stage: Stage, caller: str, callee: str | None, code: int) -> tuple[list[str], list[str]]:
    """One call; what the application was told and which records were written meanwhile."""
    told, written = len(stage.application.told), len(_records(stage))
    phone = answering_phone(stage.folder, callee, code) if callee else None
    calling = calling_phone(stage.folder, caller, via=stage.sip, to=phone.port if phone else free_port(), code=code)
    if not calling.saw_what_it_should():
        raise SystemExit("the caller's phone did not see what it should")
    time.sleep(QUIET_SECONDS)
    return stage.application.told[told:], _records(stage)[written:]


def _records(stage: Stage) -> list[str]:
    with sqlite3.connect(stage.service.database_file) as database:
        rows = database.execute(
            """SELECT r.event_type, r.code, group_concat(p.name || '=' || p.value, ' ')
               FROM usage_record r JOIN usage_property p USING (record_id)
               WHERE p.name IN ('CALL_NOTIFICATION', 'NETWORK_EVENT', 'METHOD')
               GROUP BY r.record_id ORDER BY r.record_id"""
        )
        return [f"{event_type} {code} {attributes}" for event_type, code, attributes in rows]


if __name__ == "__main__":
    main()
