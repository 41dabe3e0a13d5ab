"""`make demo-call`: real SIP calls through Kamailio, an application that is notified of them, and the usage records."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from demos.call_application import CallApplication, Notified, reachable
from demos.ports import reserved_port
from demos.telephones import answering_phone, calling_phone, missing_programs, proxy
from demos.temporary_service import TemporaryService, temporary_service
from usage_service.client.contract import operations

TOKEN = "demonstration"
DIALLED = "tel:+4682222"
SETTINGS = {
    "call_notification.events_token": TOKEN,
    "call_notification.application_endpoints": '["http://127.0.0.1:*/"]',
}
SETTLE_SECONDS, QUIET_SECONDS = 15.0, 0.3

OUTCOMES = (
    ("is answered, and ends", "caller_talks", "callee_answers", 0, ("Answer", "Disconnected")),
    ("finds the callee busy", "caller_is_refused", "callee_refuses", 486, ("Busy",)),
    ("rings, without an answer", "caller_is_refused", "callee_rings", 408, ("NoAnswer",)),
    ("reaches no phone at all", "caller_is_refused", None, 408, ("NotReachable",)),
)
"""What the call does, what the two phones play, the SIP response, and what comes after CalledNumber."""

UNKNOWN_TO = {"2.1": {"Answer", "Disconnected"}, "3.x": set[str]()}
NOTIFICATION = {
    "2.1": ("2.1/parlayx_call_notification_manager_service_2_3", "call_notification", "v2_3"),
    "3.x": ("3.8/parlayx_call_notification_manager_service_3_8", "call_notification", "v3_8"),
}
OPERATIONS = {"Disconnected": "notifyCallEvent"}
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

    def seen(self) -> tuple[int, int]:
        """How often the application was notified something, and how many usage records there are."""
        return len(self.application.notified), len(_records(self))

    def reference(self, correlator: str) -> dict[str, str]:
        """How an application says where it is."""
        return {"endpoint": self.application.url, "interfaceName": "demo", "correlator": correlator}


def main() -> None:
    """Subscribe, call, and show what each party saw."""
    console = Console(width=160)
    if missing := missing_programs():
        raise SystemExit(f"{' and '.join(missing)} must be installed first: see .ci/packages")
    with ExitStack() as running:
        folder = Path(running.enter_context(TemporaryDirectory(prefix="usage-service-calls-")))
        service = running.enter_context(temporary_service(SETTINGS))
        application = CallApplication()
        running.enter_context(reachable(application))
        sip = running.enter_context(proxy(folder, service.url, TOKEN))
        stage = Stage(console, folder, service, application, sip)
        console.print(
            f"The service runs at {service.url}, Kamailio on SIP port {sip}, the application at {application.url}.\n"
            "Real SIP phones (sipp) call; each call takes a second or two."
        )
        for version in NOTIFICATION:
            show_notifications(stage, version)
        show_directions(stage)
        console.print("Every phone, notification and usage record was as documented: docs/call-notification.md")


def show_notifications(stage: Stage, version: str) -> None:
    """Every outcome of a call, notified to a subscriber of one version."""
    manager = stage.manager(NOTIFICATION[version])
    stage.console.rule(f"Parlay X {version}: notified about every call to {DIALLED}")
    _, written = stage.seen()
    manager.startCallNotification(reference=stage.reference(f"demo-{version}"), addresses=[DIALLED])
    table = Table("what happens", "what the application is notified", "the usage records written", show_lines=True)
    table.add_row("startCallNotification", "", "\n".join(_records(stage)[written:]))
    for title, caller, callee, code, ends in OUTCOMES:
        notified, written = stage.seen()
        _call(stage, caller, callee, code)
        heard, records = _followed(stage, version, ends, notified, written)
        table.add_row(f"a call {title}", "\n".join(map(_heard, heard)), "\n".join(records))
    _, written = stage.seen()
    manager.stopCallNotification(correlator=f"demo-{version}")
    table.add_row("stopCallNotification", "", "\n".join(_records(stage)[written:]))
    stage.console.print(table)


def _followed(
    stage: Stage, version: str, ends: tuple[str, ...], notified: int, written: int
) -> tuple[list[Notified], list[str]]:
    """What the application was notified and which records were written since, when both are as documented."""
    events = ["CalledNumber", *(event for event in ends if event not in UNKNOWN_TO[version])]
    _wait_for(lambda: stage.seen()[1] >= written + 2 * len(events))
    heard, records = stage.application.notified[notified:], _records(stage)[written:]
    _require([name for name, _ in heard], [OPERATIONS.get(event, f"notify{event}") for event in events])
    _require(records, [_line(event, word) for event in events for word in ("Sending", "Sent")])
    return heard, records


def show_directions(stage: Stage) -> None:
    """The application ends a call, routes a busy one elsewhere, and lets one go on; the phones are the witnesses."""
    stage.console.rule(f"Call direction: the application decides about calls to {DIALLED}")
    manager = stage.manager(DIRECTION)
    manager.startCallDirectionNotification(reference=stage.reference("demo-direction"), addresses=[DIALLED])
    table = Table("the application answers", "to", "the caller's phone", "the other phone", show_lines=True)
    for action, caller, code in (
        ("EndCall", "caller_is_refused", 603),
        ("Route", "caller_talks", 0),
        ("Continue", "caller_is_refused", 486),
    ):
        table.add_row(action, *_directed(stage, action, caller, code))
    stage.console.print(table)
    manager.stopCallDirectionNotification(correlator="demo-direction")


def _directed(stage: Stage, action: str, caller: str, code: int) -> tuple[str, str, str]:
    before = len(stage.application.notified)
    callee = answering_phone(stage.folder, "callee_refuses" if action == "Continue" else "callee_answers", 486)
    stage.application.action = action
    stage.application.routing_address = f"sip:other@127.0.0.1:{callee.port}"
    to = callee.port if action == "Continue" else reserved_port()
    phone = calling_phone(stage.folder, caller, via=stage.sip, to=to, code=code)
    _require(phone.saw_what_it_should(), True)
    if action == "EndCall":
        callee.process.kill()
        other = "is not called"
    else:
        _require(callee.saw_what_it_should(), True)
        other = "refuses" if action == "Continue" else "is called instead, and answers"
    saw = {"EndCall": "603 Decline", "Route": "is answered", "Continue": "486 Busy Here"}[action]
    return "\n".join(map(_heard, stage.application.notified[before:])), saw, other


def _call(stage: Stage, caller: str, callee: str | None, code: int) -> None:
    """One call, from which both phones must see what they should."""
    phone = answering_phone(stage.folder, callee, code) if callee else None
    calling = calling_phone(stage.folder, caller, via=stage.sip, to=phone.port if phone else reserved_port(), code=code)
    _require(calling.saw_what_it_should(), True)


def _wait_for(condition: Callable[[], bool]) -> None:
    """Wait until it is true, and a moment longer: nothing more should come."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(QUIET_SECONDS)


def _require(found: object, expected: object) -> None:
    if found != expected:
        raise SystemExit(f"this is not as documented:\n  expected {expected}\n  found    {found}")


def _heard(notified: Notified) -> str:
    operation, caller = notified
    return f"{operation}, called by {caller}"


def _line(event: str, stage: str) -> str:
    return f"DeliverNotification  {stage:<7}  Notify{event}"


def _records(stage: Stage) -> list[str]:
    """A line for each usage record; those of operations show the method and its failure, if it failed."""
    with sqlite3.connect(stage.service.database_file) as database:
        rows = database.execute(
            """SELECT r.event_type,
                      max(CASE WHEN p.name = 'CALL_NOTIFICATION' THEN p.value END),
                      max(CASE WHEN p.name = 'NETWORK_EVENT' THEN p.value END),
                      max(CASE WHEN p.name = 'METHOD' THEN p.value END)
               FROM usage_record r JOIN usage_property p USING (record_id)
               GROUP BY r.record_id ORDER BY r.record_id"""
        )
        return [
            f"{event_type}  {method}" if method else f"{event_type}  {word:<7}  {event}"
            for event_type, word, event, method in rows
        ]


if __name__ == "__main__":
    main()
