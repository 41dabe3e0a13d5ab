"""Fill a database by the public doors of a released version, and dump it as SQL: see README.md beside this file.

It runs in a checkout of that version and uses the helpers of that version's tests.
"""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
import zeep

from tests.running import ROOT, PostgresqlServer, RunningService, postgresql_programs, running, wait_until

TOKEN = "a token of the tests"
WHY = {"actor": "auditor", "reasonCode": "TEST", "reason": "an old row"}
MILLISECONDS = 1_351_521_660_540  # 2012-10-29
CALL = json.loads(next((ROOT / "tests").glob("**/call*/data/event.json")).read_text())
APPLICATION = "http://127.0.0.1:9/notified"
PEXIP = 'deployment = "test"\n[sinks.main]\n'
RECORD = (
    "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/' xmlns:h='urn:usage-service:headers:v1'>"
    "<e:Header>{header}</e:Header><e:Body>"
    "<u:writeUsageRecordRequest xmlns:u='http://www.ibm.com/schema/twss/userec/v2_0/local'>"
    "<u:globalTransactionID>{transaction}</u:globalTransactionID><u:service>OLD</u:service>"
    "<u:eventType>StartCall</u:eventType><u:recordTime>1351521660540</u:recordTime><u:code>0</u:code>{more}"
    "</u:writeUsageRecordRequest></e:Body></e:Envelope>"
)
CDR = (
    "Client ID,Date,Amount,Conf ID\n0012345,2012-10-05,100.10,C1\n0012345,2012-10-20,50.05,C2\n999,2012-10-08,5.00,C4\n"
)
"""The last line waits in suspense: its account is unknown."""


def pexip_event(name: str, number: int, second: float, **data: object) -> bytes:
    """An event of one leg that began at noon of 2 March 2026."""
    noon = 1_772_452_800
    leg = {
        "uuid": "leg-1", "call_id": "leg-1", "conversation_id": "leg-1", "conference": "Room",
        "service_type": "conference", "service_tag": "acme", "protocol": "SIP", "has_media": True, "connect_time": noon,
    }  # fmt: skip
    stated = {"event": name, "node": "n1", "seq": number, "version": 2, "time": noon + second}
    return json.dumps({**stated, "data": leg | data}).encode()


def new_record(number: int, **changes: Any) -> dict[str, Any]:
    """A record for a batch."""
    return {
        "globalTransactionID": f"batch-{number}",
        "service": "BATCH",
        "eventType": "StartCall",
        "recordTime": MILLISECONDS,
        "code": 0,
        "property": [{"name": "SECONDS", "value": str(number)}],
        **changes,
    }


def write_records(service: RunningService) -> None:
    """Records with and without keys and numbers, a batch, corrections, a closed period, a reject."""
    key = "<h:idempotencyKey>old-key</h:idempotencyKey>"
    for number in (1, 2, 5):
        numbered = f"<h:sourceSequence source='node-1' epoch='boot' number='{number}'/>"
        assert service.post(RECORD.format(header=numbered, transaction=f"n{number}", more="").encode())[0] == 200
    for header, name in ((key, "keyed"), ("", "plain"), ("", "to-void")):
        pair = "<u:serviceAttributes>NAME</u:serviceAttributes><u:serviceValues>välue</u:serviceValues>"
        assert service.post(RECORD.format(header=header, transaction=name, more=pair).encode())[0] == 200
    unequal = RECORD.format(header="", transaction="unequal", more="<u:serviceAttributes>A</u:serviceAttributes>")
    assert service.post(unequal.encode())[0] == 500
    ledger = zeep.Client(f"{service.url}/soap/usage-ledger?wsdl").service
    records = [new_record(number, key=f"batch-key-{number}") for number in range(4)]
    ids = [verdict.recordID for verdict in ledger.writeUsageRecords(mode="atomic", record=records)]
    service.run("void", ids[0], "--reason", "an old row", "--reason-code", "TEST", "--actor", "auditor")
    service.run(
        "correct", ids[1], "--set", "SECONDS=11", "--reason", "x", "--reason-code", "TEST", "--actor", "auditor"
    )
    old = new_record(9, recordTime=MILLISECONDS - 400 * 86_400_000, globalTransactionID="of-a-closed-period")
    assert ledger.writeUsageRecords(mode="atomic", record=[old])[0].status == "stored"
    service.run("periods", "close", "2011-09", "--reason", "audited", "--actor", "auditor")
    service.run("periods", "close", "2011", "--reason", "audited", "--actor", "auditor")


def report_calls(service: RunningService) -> None:
    """A subscription, and a notice that could not be delivered."""
    for kind, operation in (
        ("CallNotification", "startCallNotification"),
        ("CallDirection", "startCallDirectionNotification"),
    ):
        client = zeep.Client(f"{service.url}/{kind}ManagerService/services/{kind}Manager?wsdl").service
        reference = {"endpoint": APPLICATION, "interfaceName": kind, "correlator": f"old-{kind}"}
        address = "tel:+4681" if kind == "CallNotification" else "tel:+4682"
        client[operation](reference=reference, addresses=[address], criteria=None)
    for kind, code in (("invite", 0), ("failure", 486)):
        event = {**CALL, "call_id": "old-call", "kind": kind, "code": code, "called": "tel:+4681"}
        answer = requests.post(
            f"{service.url}/call-events",
            json={"events": [event]},
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=10,
        )
        assert answer.status_code == 200
    listing = ("notifications", "list", "--format", "json")
    wait_until(lambda: "failed" in (out := service.run(*listing).stdout) or "given_up" in out, "a notice given up", 20)


def post_pexip(service: RunningService) -> None:
    """A call that ended, one that is open, and numbers that are missing."""
    for body in (
        pexip_event("participant_connected", 1, 0),
        pexip_event("participant_connected", 2, 0, uuid="ended", call_id="ended", conversation_id="ended"),
        pexip_event(
            "participant_disconnected", 5, 60, uuid="ended", call_id="ended", conversation_id="ended",
            end_time=1_772_452_860, duration=60,
        ),
    ):  # fmt: skip
        sink = f"{service.url}/pexip/event-sink/main"
        assert requests.post(sink, data=body, timeout=10).status_code == 204
    wait_until(lambda: '"acme"' in service.run(
        "pexip", "usage", "--by", "service-tag", "--period", "2026-03", "--format", "json"
    ).stdout, "the worker's record", 30)  # fmt: skip


def bill(service: RunningService) -> None:
    """A month of conference bridges, with a line in suspense."""
    file = service.folder / "october.csv"
    file.write_text(CDR)
    service.run("billing", "accounts", "customer", "KTH", "--default", "10")
    service.run("billing", "accounts", "register", "0012345", "--user", "anna", "--customer", "KTH")
    service.run(
        "billing", "assign", "0012345", "20", "--from", "2012-10-01", "--force", "--actor", "a", "--reason", "r"
    )
    service.run("billing", "import", str(file), "--period", "2012-10")
    service.run("billing", "aggregate", "2012-10")


def fill(service: RunningService) -> None:
    """Some rows of nearly every table."""
    write_records(service)
    post_pexip(service)
    service.run("genesys", "load", str(next((ROOT / "tests").glob("**/genesys/data/islinks.log"))))
    bill(service)
    report_calls(service)


def settings(folder: Path) -> dict[str, str]:
    """In the words of that version."""
    (folder / "pexip.toml").write_text(PEXIP)
    return {
        "host": "usage-1",
        "workers": "1",
        "pexip": str(folder / "pexip.toml"),
        "call_events_token": TOKEN,
        "application_endpoints": '["http://127.0.0.1:*/"]',
        "delivery_retries": "0",
        "call_settle_seconds": "1",
    }


def main() -> None:
    """Write sqlite.sql and postgresql.sql into the folder that is named."""
    target = Path(sys.argv[1])
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with running(RunningService(f"sqlite:///{folder}/usage.db", folder, settings(folder))) as service:
            fill(service)
        with sqlite3.connect(folder / "usage.db") as database:
            (target / "sqlite.sql").write_text("\n".join(database.iterdump()) + "\n")
        server = PostgresqlServer(folder / "server")
        server.initialise()
        server.start()
        url = server.create_database("released")
        with running(RunningService(url, folder, settings(folder))) as service:
            fill(service)
        dump = subprocess.run(
            [postgresql_programs() / "pg_dump", "--inserts", "--no-owner", url],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        (target / "postgresql.sql").write_text(dump)
        server.stop()


if __name__ == "__main__":
    main()
