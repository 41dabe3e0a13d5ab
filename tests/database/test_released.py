"""A database that a released version filled goes on working after `db upgrade`."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
import zeep

from tests.database.released.make import CALL, CDR, PEXIP, RECORD, TOKEN, new_record, pexip_event
from tests.running import PostgresqlServer, RunningService, running, wait_until

RELEASED = Path(__file__).parent / "released"
LOG = Path(__file__).parents[1] / "systems" / "genesys" / "data" / "islinks.log"
WHY = ("--reason", "r", "--reason-code", "TEST", "--actor", "auditor")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgresql_server: PostgresqlServer
) -> Iterator[RunningService]:
    """The service of today on the restored and upgraded database."""
    folder = tmp_path_factory.mktemp(request.param)
    dump = (RELEASED / f"{request.param}.sql").read_text()
    if request.param == "sqlite":
        url = f"sqlite:///{folder}/usage.db"
        with closing(sqlite3.connect(folder / "usage.db")) as file:
            file.executescript(dump)
    else:
        url = postgresql_server.create_database("released")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(dump.encode())
    (folder / "pexip.toml").write_text(PEXIP)
    settings = {
        "host": "usage-1",
        "workers": "1",
        "pexip.file": str(folder / "pexip.toml"),
        "call_notification.events_token": TOKEN,
        "call_notification.application_endpoints": '["http://127.0.0.1:*/"]',
        "call_notification.delivery_retries": "0",
    }
    upgraded = RunningService(url, folder, settings)
    upgraded.run("db", "upgrade")
    with running(upgraded) as service:
        yield service
    if request.param == "postgresql":
        postgresql_server.drop_database("released")


def transactions(service: RunningService) -> dict[str, str]:
    """The record of each transaction."""
    return {row["global_transaction_id"]: row["record_id"] for row in service.records()}


def printed(service: RunningService, *command: str) -> list[dict[str, Any]]:
    """What a command prints as JSON lines, or as one list."""
    found = [json.loads(line) for line in service.run(*command, "--format", "json").stdout.splitlines()]
    return found[0] if len(found) == 1 and isinstance(found[0], list) else found


def test_old_key_gives_old_record(service: RunningService) -> None:
    before = transactions(service)
    pair = "<u:serviceAttributes>NAME</u:serviceAttributes><u:serviceValues>välue</u:serviceValues>"
    key = "<h:idempotencyKey>old-key</h:idempotencyKey>"
    status, answer = service.post(RECORD.format(header=key, transaction="keyed", more=pair).encode())
    assert (status, before["keyed"] in answer.decode()) == (200, True)
    assert transactions(service) == before


def test_old_batch_is_not_stored_twice(service: RunningService) -> None:
    ledger = zeep.Client(f"{service.url}/soap/usage-ledger?wsdl").service
    records = [new_record(number, key=f"batch-key-{number}") for number in range(4)]
    assert {verdict.status for verdict in ledger.writeUsageRecords(mode="bestEffort", record=records)} == {"duplicate"}


def test_old_records_are_adjusted(service: RunningService) -> None:
    ids = transactions(service)
    service.run("void", ids["to-void"], *WHY)
    service.run("correct", ids["plain"], "--set", "NAME=new", *WHY)
    again = service.run("void", ids["batch-0"], *WHY, check=False)
    assert (again.returncode, "voided or corrected before" in again.stderr) == (2, True)


def test_closed_period_stays_closed(service: RunningService) -> None:
    done = service.run("void", transactions(service)["of-a-closed-period"], *WHY, check=False)
    assert (done.returncode, "is closed" in done.stderr) == (2, True)


def test_old_rejects_are_listed(service: RunningService) -> None:
    assert "serviceAttributes" in json.dumps(printed(service, "rejects", "list"))


def test_old_gaps_are_listed(service: RunningService) -> None:
    assert any("node-1" in json.dumps(row) for row in printed(service, "gaps"))


def test_open_pexip_call_goes_on(service: RunningService) -> None:
    sink = f"{service.url}/pexip/event-sink/main"
    body = pexip_event("participant_disconnected", 6, 40, end_time=1_772_452_840, duration=40)
    assert requests.post(sink, data=body, timeout=10).status_code == 204
    usage = ("pexip", "usage", "--by", "service-tag", "--period", "2026-03")
    wait_until(lambda: [row["seconds"] for row in printed(service, *usage)] == [100], "both legs", 30)


def test_old_genesys_log_doubles_nothing(service: RunningService) -> None:
    before = transactions(service)
    service.run("genesys", "load", str(LOG))
    assert transactions(service) == before


def test_old_bill_doubles_nothing(service: RunningService) -> None:
    before = transactions(service)
    file = service.folder / "october.csv"
    file.write_text(CDR)
    assert "imported before" in service.run("billing", "import", str(file), "--period", "2012-10").stdout
    assert "150.15" in service.run("billing", "aggregate", "2012-10", "--format", "csv").stdout
    assert transactions(service) == before


def test_old_subscription_is_in_force(service: RunningService) -> None:
    event = {**CALL, "call_id": "new-call", "kind": "invite", "code": 0, "called": "tel:+4681"}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = requests.post(f"{service.url}/call-events", json={"events": [event]}, headers=headers, timeout=10)
    assert answer.status_code == 200
    notices = json.dumps(printed(service, "notifications", "list"))
    assert ("old-call" in notices, "new-call" in notices) == (True, True)
