"""A usage record server that is down under load: no caller fails, nothing is lost, nothing is doubled.

    python -m benchmarks.outage [--seconds 60] [--per-second 100]

Recording points in spool mode write all the time: before the server is killed, while it is down and after it has come
back. Others, which require their records, must get the typed error at once. The run ends in an error when the records
that are stored after the drain are not exactly those that were taken.
"""

import argparse
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.databases import RUNS, Wrong
from tests.running import RunningService, running, wait_until
from usage_service.client import FailPolicies, FailPolicy, Spool, UsageRecorder
from usage_service.client.spool_segment import waiting_bytes
from usage_service.errors import ServiceError

POINT = {"service": "PX21_CN_IMS", "event_type": "StartCallNotification"}
CALLERS, AROUND_SECONDS, DRAIN_SECONDS = 4, 2.0, 600.0
DRAIN_PER_SECOND = 10_000.0


class Callers:
    """Threads that record at a rate, and remember what was taken and how long each `record` took."""

    def __init__(self, record: Callable[[str], object], per_second: float) -> None:
        self.taken: list[str] = []
        self.waits: list[float] = []
        self.refused: list[float] = []
        self._record = record
        self._pause = CALLERS / per_second
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(CALLERS)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, caller: int) -> None:
        number = 0
        while not self._stop.wait(self._pause):
            name, began = f"{caller}-{number}", time.perf_counter()
            number += 1
            try:
                self._record(name)
            except ServiceError:
                self.refused.append(time.perf_counter() - began)
            else:
                self.taken.append(name)
                self.waits.append(time.perf_counter() - began)


def measure(folder: Path, seconds: float, per_second: float) -> None:
    """One outage of so many seconds."""
    with running(RunningService(f"sqlite:///{folder}/usage.db", folder)) as service:
        spooling = UsageRecorder(
            service.endpoint, spool=Spool(folder / "spool"), drain_per_second=DRAIN_PER_SECOND, on_alarm=_no_alarm
        )
        requiring = UsageRecorder(service.endpoint, policies=FailPolicies(default=FailPolicy.BLOCK), on_alarm=_no_alarm)
        spooled = Callers(lambda name: spooling.record(**POINT, global_transaction_id=f"spool-{name}"), per_second)
        required = Callers(lambda name: requiring.record(**POINT, global_transaction_id=f"require-{name}"), 10.0)
        spooled.start()
        time.sleep(AROUND_SECONDS)
        service.kill()
        required.start()
        time.sleep(seconds)
        required.stop()
        waiting = waiting_bytes(folder / "spool")
        service.start(again=True)
        began = time.monotonic()
        time.sleep(AROUND_SECONDS)
        spooled.stop()
        wait_until(lambda: waiting_bytes(folder / "spool") == 0, "the drain", DRAIN_SECONDS)
        drained = time.monotonic() - began
        spooling.close()
        judge(service, spooled, required)
    report(seconds, spooled, required, waiting, drained)


def _no_alarm(_name: str, _error: object) -> None:
    """The outage is no news here."""


def judge(service: RunningService, spooled: Callers, required: Callers) -> None:
    """Raise `Wrong` unless exactly what was taken is stored."""
    if spooled.refused or required.taken:
        raise Wrong(f"{len(spooled.refused)} spooling callers failed, {len(required.taken)} requiring ones did not")
    stored = Counter(record["global_transaction_id"] for record in service.records())
    if stored != Counter(f"spool-{name}" for name in spooled.taken):
        raise Wrong(f"{len(spooled.taken)} records were taken, {stored.total()} are stored, {len(stored)} different")


def report(seconds: float, spooled: Callers, required: Callers, waiting: int, drained: float) -> None:
    """What a person wants to know."""
    waits, refused = sorted(spooled.waits), sorted(required.refused)
    print(
        f"down for {seconds:.0f} s; {len(waits):,} records taken and stored, none lost, none doubled, no caller failed"
    )
    print(f"a record cost its caller {waits[len(waits) // 2] * 1e6:.0f} µs (median), {waits[-1] * 1e3:.1f} ms (worst)")
    print(f"{waiting / 1024:,.0f} KiB waited in the spool; everything was delivered {drained:.1f} s after the start")
    print(f"{len(refused):,} required records were refused, after {refused[len(refused) // 2] * 1e3:.2f} ms (median)")


def main() -> None:
    """Measure and judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.outage", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the server is down")
    parser.add_argument("--per-second", type=float, default=100.0, help="spooled records per second")
    chosen = parser.parse_args()
    with TemporaryDirectory(dir=RUNS, prefix="usage-bench-") as folder:
        measure(Path(folder), chosen.seconds, chosen.per_second)


if __name__ == "__main__":
    main()
