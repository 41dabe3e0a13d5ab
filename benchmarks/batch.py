"""The library's batch against the floor: `python -m benchmarks.batch`.

Both write the same rows over one connection to PostgreSQL, interleaved: the recorder groups of 1,000 records with six
properties, pgbench multi-row INSERT statements of 1, 16 and 1,000.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from statistics import median

from benchmarks.databases import Bench, opened_bench
from benchmarks.envelopes import PROPERTIES, records
from benchmarks.floor import drive_pgbench
from benchmarks.load import Load
from usage_service.ledger.commit_queue import CommitQueue
from usage_service.ledger.model import Receipt
from usage_service.ledger.system import open_commit_queue
from usage_service.record import UsageRecord
from usage_service.registry import catalog_files
from usage_service.settings import Settings

BATCH = 1_000
PROMISE = 0.40


def recorded(bench: Bench, seconds: float) -> Load:
    """Batches through the recorder, with everything it does to a record on the way."""
    recorder = open_commit_queue(Settings(), bench.opened["postgresql"], catalog_files())
    patterns, numbers, latencies = list(records(BATCH)), count(), []
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds:
        batch = [replace(record, global_transaction_id=f"{next(numbers):036}") for record in patterns]
        latencies.append(_record(recorder, batch))
    elapsed = time.perf_counter() - begin
    recorder.close()
    return Load(
        records=len(latencies) * BATCH,
        refused=0,
        broken=0,
        seconds=elapsed,
        p50=median(latencies),
        p99=max(latencies),
    )


def _record(recorder: CommitQueue, batch: list[UsageRecord]) -> float:
    """Milliseconds that one batch took."""
    begin = time.perf_counter()
    outcomes = recorder.record_many(batch)
    elapsed = (time.perf_counter() - begin) * 1e3
    assert all(isinstance(outcome, Receipt) for outcome in outcomes)
    return elapsed


def floor(rows: int) -> Callable[[Bench, float], Load]:
    """pgbench with this many records in a transaction."""
    return lambda bench, seconds: drive_pgbench(bench.url("postgresql"), bench.folder, 1, seconds, rows)


WRITERS = {
    "recorder, batches of 1,000": recorded,
    "pgbench, one at a time": floor(1),
    "pgbench, multi-row of 16": floor(16),
    "pgbench, multi-row of 1,000": floor(1_000),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batch", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    chosen = parser.parse_args()
    rates: dict[str, list[float]] = {name: [] for name in WRITERS}
    with opened_bench() as bench:
        for _ in range(chosen.rounds):
            for name, write in WRITERS.items():
                bench.empty("postgresql")
                load = write(bench, chosen.seconds)
                bench.verify("postgresql", load, in_flight=0, properties=PROPERTIES)
                rates[name].append(load.rate)
    for name, found in rates.items():
        print(f"{name:<30} {median(found):>9,.0f} records/s")
    ours, *floors = rates.values()
    share = median(a / max(others) for a, *others in zip(ours, *floors[1:], strict=True))
    print(f"\nrecorder / best multi-row: {share:.2f}, at least {PROMISE}: {'ok' if share >= PROMISE else 'MISSED'}")


if __name__ == "__main__":
    main()
