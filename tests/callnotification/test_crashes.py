"""The service is killed, the application is away: every event is notified at least once, every record exists once."""

import itertools
import json
import threading
import time
import urllib.request
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from tests.callnotification.application import Application, serving, subscribe
from tests.callnotification.network import free_port
from tests.callnotification.test_service import SETTINGS, TOKEN, event
from tests.running import RunningService, running, wait_until

ROUNDS = 3
CALLED = "tel:+4690000"
NOTICES = ("notifyCalledNumber", "notifyBusy")
EVENTS = ("NotifyCalledNumber", "NotifyBusy")


class Proxy:
    """Reports calls as Kamailio does: sends a batch again until it is taken."""

    def __init__(self, service: RunningService) -> None:
        self.service = service
        self.calls: list[str] = []
        self.stopping = threading.Event()

    def run(self) -> None:
        for number in itertools.count():
            if self.stopping.wait(0.02):
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


def test_killing_the_service_loses_no_notice_and_doubles_no_record(tmp_path: Path, database_url: str) -> None:
    settings = {**SETTINGS, "delivery_retries": "30", "delivery_timeout": "0.5", "workers": "1"}
    application = Application()
    port = free_port()
    with running(RunningService(database_url, tmp_path, settings)) as service:
        with serving(application, port):
            subscribe(service, application, "crash", CALLED)
        proxy = Proxy(service)
        sender = threading.Thread(target=proxy.run)
        sender.start()
        for number in range(ROUNDS):
            with serving(application, port):
                told = len(application.told)
                wait_until(partial(_told_more, application, told + 5), f"notices of round {number}")
                service.kill()
            service.start()
        proxy.stopping.set()
        sender.join()
        with serving(application, port):
            wait_until(lambda: not waiting(service), "the delivery of everything", 120)
        assert told_of(application) == {(call, name) for call in proxy.calls for name in NOTICES}
        assert Counter(records(service)) == Counter(
            {(event, stage): len(proxy.calls) for event in EVENTS for stage in ("Sending", "Sent")}
        )
        assert len(proxy.calls) > ROUNDS


def _told_more(application: Application, than: int) -> bool:
    return len(application.told) > than


def waiting(service: RunningService) -> bool:
    return bool(service.run("notifications", "list", "--state", "waiting", "--format", "json").stdout)


def told_of(application: Application) -> set[tuple[str, str]]:
    return {(fields["callSessionIdentifier"], operation) for _, operation, fields in application.told}


def records(service: RunningService) -> list[tuple[str, str]]:
    """Network event and stage of every record of a delivery; a notice has one transaction."""
    found = [record for record in service.records() if record["event_type"] == "DeliverNotification"]
    stages = [(record["global_transaction_id"], dict(record["properties"])) for record in found]
    assert len({(notice, stage["CALL_NOTIFICATION"]) for notice, stage in stages}) == len(stages)
    return [(stage["NETWORK_EVENT"], stage["CALL_NOTIFICATION"]) for _, stage in stages]
