"""Call Notification under load: real SIP calls through Kamailio, an application notified of each, and records.

    python -m benchmarks.calls [--rate 200] [--seconds 60] [--quick] [--database sqlite]

`sipp` places calls that are answered and end; one application (Parlay X 3.0) is subscribed to all events of the called
number, so a call means two notices and four usage records. The run ends in an error unless every call had exactly its
notices and records. How far the notices lag behind the calls is seen from outside: by when the last one arrives.
"""

import argparse
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.databases import Bench, Wrong, opened_bench
from benchmarks.processes import watched
from demos.ports import reserved_port
from tests.running import ROOT, RunningService, running
from tests.systems.call_notification import network
from tests.systems.call_notification.application import Application, subscribe
from usage_service.database.database import Database, Dialect
from usage_service.ledger.tables import usage_property, usage_record

DIALLED = "tel:+4682222"
NOTICES = ("notifyCalledNumber", "notifyAnswer")
RECORDS_OF_A_CALL = 2 * len(NOTICES)
DRAIN_SECONDS = 120


def main() -> None:
    """Measure and judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calls", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rate", type=int, default=200, help="calls per second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--quick", action="store_true", help="five seconds")
    parser.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    seconds = 5 if chosen.quick else chosen.seconds
    with opened_bench() as bench:
        measure(bench, chosen.database, chosen.rate, seconds, chosen.workers)


def measure(bench: Bench, dialect: Dialect, rate: int, seconds: int, workers: int) -> None:
    """One run: `rate` calls per second for so many seconds."""
    settings = {
        "call_notification.events_token": network.TOKEN,
        "call_notification.application_endpoints": '["http://127.0.0.1:*/"]',
        "workers": str(workers),
        "log_level": "warning",
    }
    with ExitStack() as stack:
        service = stack.enter_context(running(RunningService(bench.url(dialect), bench.folder, settings)))
        application, notified = stack.enter_context(counting_application(bench.folder))
        sip = stack.enter_context(network.proxy(bench.folder, service.url, paths=("/call-events", "/call-direction")))
        subscribe(service, application, "bench", DIALLED)
        assert service.process is not None
        calls = rate * seconds
        with watched(service.process.pid) as cost:
            began = time.monotonic()
            place(bench.folder, sip, rate, calls)
            placed = time.monotonic() - began
            wait_for(lambda: len(notified.read_bytes().splitlines()) >= calls * len(NOTICES), "notices")
            last = time.monotonic() - began
            wait_for(lambda: delivery_records(bench.opened[dialect]) >= calls * RECORDS_OF_A_CALL, "records")
        judge(notified.read_text().splitlines(), bench.opened[dialect], calls)
    print(f"{calls:,} calls in {placed:.1f} s ({calls / placed:,.0f} per second), each with its notices and records")
    print(f"the last notice arrived {max(0.0, last - placed):.1f} s after the last call had ended")
    print(f"the service spent {cost.cpu / calls * 1000:.2f} ms of processor time on a call")


@contextmanager
def counting_application(folder: Path) -> Iterator[tuple[Application, Path]]:
    """The application as a process of its own, and the file with what it was notified."""
    port, notified = reserved_port(), folder / "notified"
    command = [sys.executable, "-m", "benchmarks.call_application", str(port)]
    with notified.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, cwd=ROOT)
        try:
            yield Application(url=f"http://127.0.0.1:{port}/"), notified
        finally:
            process.kill()
            process.wait()


def place(folder: Path, sip: int, rate: int, calls: int) -> None:
    """Place the calls; returns when the last has ended."""
    load = ["-r", str(rate), "-m", str(calls), "-l", str(rate * 10)]
    callee, caller = network.Phone(folder, "callee_answers"), network.Phone(folder, "caller_talks")
    seconds = calls / rate + 60
    callee.start(*load, seconds=seconds)
    caller.start(
        f"{network.LOOPBACK}:{callee.port}",
        "-rsa",
        f"{network.LOOPBACK}:{sip}",
        "-s",
        "+4682222",
        *load,
        seconds=seconds,
    )
    try:
        if not caller.finished_well():
            raise Wrong(f"not every call went as it should:\n{caller.log.read_text()[-3000:]}")
    finally:
        callee.stop()
        caller.stop()


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that should happen soon."""
    deadline = time.monotonic() + DRAIN_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise Wrong(f"not all {what} came within {DRAIN_SECONDS} s")
        time.sleep(0.1)


def delivery_records(database: Database) -> int:
    """How many records of deliveries there are."""
    with database.connect() as connection:
        counted = select(func.count()).where(usage_record.c.event_type == "DeliverNotification")
        return connection.execute(counted).scalar_one()


def judge(notified: list[str], database: Database, calls: int) -> None:
    """Raise `Wrong` unless every call has each notice once and each record once."""
    notices = Counter(notified)
    sessions = {line.split()[1] for line in notified}
    if len(sessions) != calls or set(notices) != {f"{name} {call}" for name in NOTICES for call in sessions}:
        raise Wrong(f"{calls} calls were placed, notices of {len(sessions)} arrived")
    if set(notices.values()) != {1}:
        raise Wrong(f"{sum(count > 1 for count in notices.values())} notices came more than once")
    with database.connect() as connection:
        of_call = (
            select(usage_property.c.value, func.count())
            .where(usage_property.c.name == "CALL_ID")
            .group_by(usage_property.c.value)
        )
        records = {row[0]: row[1] for row in connection.execute(of_call)}
    if records != dict.fromkeys(sessions, RECORDS_OF_A_CALL):
        raise Wrong("not every call has its four records, or some have more")


if __name__ == "__main__":
    main()
