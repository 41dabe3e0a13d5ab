"""Recording points for tests: a process that records until it is killed, and records to put into a spool."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from usage_service.client import Spool, UsageRecorder
from usage_service.client.spool_line import line_of
from usage_service.record import Property, UsageRecord

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def record(number: int = 1, **fields: str) -> UsageRecord:
    return UsageRecord(
        global_transaction_id=fields.get("transaction", f"t{number}"),
        service=fields.get("service", "PX21_CN_IMS"),
        event_type="StartCallNotification",
        record_time=NOON,
        code=0,
        properties=(Property("CORRELATOR", f"c{number}"),),
    )


def line(number: int = 1) -> bytes:
    return line_of(record(number), f"k{number}", NOON)


def record_until_killed(folder: str, endpoint: str, name: str) -> None:
    """Records as fast as a busy service, and writes down every transaction id once `record` has returned."""
    recorder = UsageRecorder(endpoint, spool=Spool(Path(folder)))
    with (Path(folder).parent / f"{name}.taken").open("a", buffering=1) as taken:
        for number in range(1_000_000):
            transaction = f"{name}-{number}"
            recorder.record(
                service="PX21_CN_IMS", event_type="StartCallNotification", global_transaction_id=transaction
            )
            taken.write(f"{transaction}\n")
            time.sleep(0.002)


if __name__ == "__main__":
    record_until_killed(*sys.argv[1:4])
