"""`make demo`: one record for every recording point of Call Notification, and the tables as a DBA sees them."""

import sqlite3
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from demos.temporary_service import temporary_service
from usage_service.client import UsageRecorder

CALLER, CALLED = "sip:bob@example.org", "tel:+4681234"

RECORDING_POINTS = (
    (
        "StartCallNotification",
        0,
        {
            "REQUESTER": "alice",
            "METHOD": "startCallNotification",
            "CORRELATOR": "c1",
            "CALLED_PARTY": CALLED,
            "CALL_EVENTS": "called_number,busy",
        },
    ),
    (
        "DeliverNotification",
        0,
        {
            "CALL_NOTIFICATION": "Sending",
            "CORRELATOR": "c1",
            "CALLER": CALLER,
            "CALLED_PARTY": CALLED,
            "NETWORK_EVENT": "NotifyBusy",
        },
    ),
    (
        "DeliverNotification",
        1,
        {
            "CALL_NOTIFICATION": "Failed",
            "CORRELATOR": "c1",
            "CALLER": CALLER,
            "CALLED_PARTY": CALLED,
            "NETWORK_EVENT": "NotifyBusy",
        },
    ),
    (
        "StopCallNotification",
        0,
        {"REQUESTER": "alice", "METHOD": "stopCallNotification", "CORRELATOR": "c1"},
    ),
)

QUESTIONS = (
    ("The common event data", "SELECT record_id, record_time, service, event_type, code, requester FROM usage_record"),
    ("The attributes beside it", "SELECT record_id, position, name, value FROM usage_property LIMIT 10"),
    (
        "What an old billing mediator reads",
        "SELECT segment, globalid, service, eventtype, statuscode, servicedata FROM usagerecords",
    ),
)


def main() -> None:
    """Write the records with the client, then ask the database."""
    console = Console(width=160)
    with temporary_service() as service:
        console.print(f"The service runs at {service.url}. Writing one record at each recording point …")
        recorder = UsageRecorder(service.endpoint)
        transaction = str(uuid4())
        for event_type, code, properties in RECORDING_POINTS:
            record_id = recorder.record(
                service="PX21_CN_IMS",
                event_type=event_type,
                code=code,
                properties=properties,
                global_transaction_id=transaction,
            )
            console.print(f"  {event_type:24} → record {record_id}")
        for title, question in QUESTIONS:
            _show(console, service.database_file, title, question)


def _show(console: Console, database_file: Path, title: str, question: str) -> None:
    console.print(f"\n[bold]{title}[/bold]\n{question};", highlight=False)
    connection = sqlite3.connect(database_file)
    rows = connection.execute(question)
    table = Table(*(column[0] for column in rows.description))
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    connection.close()
    console.print(table)


if __name__ == "__main__":
    main()
