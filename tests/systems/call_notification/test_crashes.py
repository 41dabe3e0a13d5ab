"""Twenty rounds of trouble, ten on each database: the service dies, the application is away, the database restarts.

Afterwards every event was notified at least once, and every usage record exists exactly once: those of deliveries, and
those of subscriptions that were started and stopped meanwhile. `CRASH_ROUNDS=500` in the environment for a long run.
"""

import itertools
import json
import os
import random
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
import zeep
from sqlalchemy import select

from demos.ports import reserved_port
from tests.running import PostgresqlServer, RunningService, running, wait_until
from tests.systems.call_notification.application import Application, serving, subscribe
from tests.systems.call_notification.test_service import SETTINGS, TOKEN, event
from usage_service.client.contract import operations
from usage_service.database.database import open_database
from usage_service.systems.call_notification.tables import call_notice, call_subscription

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "10"))
WHOLE_SERVICE_EVERY, DATABASE_EVERY = 5, 3
CALLED = "tel:+4690000"
NOTICES = ("notifyCalledNumber", "notifyBusy")
EVENTS = ("NotifyCalledNumber", "NotifyBusy")
CONTRACT = "parlayx/3.0/parlayx_call_notification_manager_service_3_2.wsdl"
BINDING = "{http://www.csapi.org/wsdl/parlayx/call_notification/notification_manager/v3_1/service}"


class Proxy:
    """Reports calls as Kamailio does: sends a batch again until it is taken."""

    def __init__(self, service: RunningService) -> None:
        self.service = service
        self.calls: list[str] = []

    def report_calls(self, stopping: threading.Event) -> None:
        for number in itertools.count():
            if stopping.wait(0.05):
                return
            call = f"call-{number}"
            batch = [event(call, "failure", CALLED, 486), event(call, "invite", CALLED)]
            while not self._taken(batch):
                time.sleep(0.05)
            self.calls.append(call)

    def _taken(self, batch: list[dict[str, Any]]) -> bool:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        body = json.dumps({"events": batch}).encode()
        request = urllib.request.Request(f"{self.service.url}/call-events", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def start_and_stop_subscriptions(service: RunningService, stopping: threading.Event) -> None:
    """What an application does all day; what fails is left as it is."""
    address = f"{service.url}/CallNotificationManagerService/services/CallNotificationManager"
    manager = operations(CONTRACT, f"{BINDING}CallNotificationManagerBinding", address, timeout=5)
    for number in itertools.count():
        if stopping.wait(0.1):
            return
        reference = {"endpoint": "http://127.0.0.1:9/", "interfaceName": "x", "correlator": f"op-{number}"}
        with suppress(requests.RequestException, zeep.exceptions.Error):
            manager.startCallNotification(reference=reference, addresses=[f"tel:+1{number}"])
            manager.stopCallNotification(correlator=f"op-{number}")


@contextmanager
def in_background(*jobs: Callable[[threading.Event], None]) -> Iterator[None]:
    stopping = threading.Event()
    threads = [threading.Thread(target=job, args=(stopping,)) for job in jobs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_crashes_lose_nothing_duplicate_no_record(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> None:
    settings = {
        **SETTINGS,
        "call_notification.delivery_retries": "1000",
        "call_notification.delivery_retry_seconds": "0.05",
        "call_notification.delivery_timeout_seconds": "0.5",
    }
    server = request.getfixturevalue("postgresql_server") if kind == "postgresql" else None
    application = Application()
    port = reserved_port()
    url = request.getfixturevalue(f"{kind}_url")
    with running(RunningService(url, tmp_path, {**settings, "workers": "1"})) as service, ExitStack() as reachable:
        reachable.enter_context(serving(application, port))
        subscribe(service, application, "crash", CALLED)
        proxy = Proxy(service)
        with in_background(proxy.report_calls, partial(start_and_stop_subscriptions, service)):
            for number in range(1, ROUNDS + 1):
                notified = len(application.notified)
                wait_until(partial(_more_notified, application, notified + 3), f"notices of round {number}")
                make_trouble(service, server, number, reachable)
                reachable.enter_context(serving(application, port))
        wait_until(lambda: not waiting(service), "the delivery of everything")
        assert told_of(application) == {(call, name) for call in proxy.calls for name in NOTICES}
        assert Counter(delivery_records(service)) == Counter(
            {(event, stage): len(proxy.calls) for event in EVENTS for stage in ("Sending", "Sent")}
        )
        assert Counter(operation_records(service)) == Counter(operations_in_force(service))


def make_trouble(service: RunningService, server: PostgresqlServer | None, number: int, reachable: ExitStack) -> None:
    """One round: at a random moment everything goes down, the application comes back last."""
    time.sleep(random.Random(number).random() * 0.1)
    restarts = server is not None and number % DATABASE_EVERY == 0
    if number % WHOLE_SERVICE_EVERY == 0:
        service.kill()
    else:
        (worker,) = service.worker_pids()
        service.kill_worker(worker)
    reachable.close()
    if restarts:
        assert server is not None
        server.stop("immediate")
        server.start()
    if number % WHOLE_SERVICE_EVERY == 0:
        service.start(again=True)


def _more_notified(application: Application, than: int) -> bool:
    return len(application.notified) > than


def waiting(service: RunningService) -> bool:
    return bool(_rows(service, select(call_notice.c.notice_id).where(call_notice.c.state == "waiting").limit(1)))


def operations_in_force(service: RunningService) -> list[tuple[str, str]]:
    """What the database says was started and stopped: event type and correlator."""
    rows = _rows(service, select(call_subscription.c.correlator, call_subscription.c.ended_at))
    started = [("StartCallNotification", row.correlator) for row in rows]
    return started + [("StopCallNotification", row.correlator) for row in rows if row.ended_at]


def _rows(service: RunningService, query: Any) -> list[Any]:
    database = open_database(service.database)
    try:
        with database.connect() as connection:
            return list(connection.execute(query))
    finally:
        database.close()


def told_of(application: Application) -> set[tuple[str, str]]:
    return {(fields["callSessionIdentifier"], operation) for _, operation, fields in application.notified}


def operation_records(service: RunningService) -> list[tuple[str, str]]:
    """Event type and correlator of every record of an operation that succeeded."""
    found = [(record, dict(record["properties"])) for record in service.records() if record["code"] == 0]
    return [(record["event_type"], notified["CORRELATOR"]) for record, notified in found if "METHOD" in notified]


def delivery_records(service: RunningService) -> list[tuple[str, str]]:
    """Network event and stage of every record of a delivery; a notice has one transaction."""
    found = [record for record in service.records() if record["event_type"] == "DeliverNotification"]
    stages = [(record["global_transaction_id"], dict(record["properties"])) for record in found]
    assert len({(notice, stage["CALL_NOTIFICATION"]) for notice, stage in stages}) == len(stages)
    return [(stage["NETWORK_EVENT"], stage["CALL_NOTIFICATION"]) for _, stage in stages]
