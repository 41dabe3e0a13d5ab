"""Minutes under full load: `python -m benchmarks.soak --minutes 10`. Memory and latency must stay flat."""

import argparse
from pathlib import Path
from statistics import median

from benchmarks.contenders import CONTENDERS, Running
from benchmarks.databases import opened_bench
from benchmarks.envelopes import write_envelopes
from benchmarks.processes import memory_bytes
from benchmarks.run import ENVELOPES, started

SAMPLE_SECONDS = 15
GROWTH_ALLOWED = 1.10
"""The median of the last third over that of the second; the first third fills caches and pools."""

Sample = tuple[float, float, float, float]  # MB, records/s, p50 ms, p99 ms
CAPTIONS = ("MB", "records/s", "p50 ms", "p99 ms")


def sample(running: Running, envelopes: Path, connections: int) -> Sample:
    """One stretch of load and what the service weighs after it."""
    load = running.drive(envelopes, connections, SAMPLE_SECONDS)
    assert running.root is not None
    return memory_bytes(running.root) / 1e6, load.rate, load.p50, load.p99


def growth(samples: list[Sample], column: int) -> float:
    """How much a figure grew from the second third of the run to the last."""
    values, third = [row[column] for row in samples], len(samples) // 3
    return median(values[2 * third :]) / median(values[third : 2 * third])


def main() -> None:
    """Measure, print each sample, judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--contender", choices=CONTENDERS, default="ours")
    chosen = parser.parse_args()
    wanted = max(3, round(chosen.minutes * 60 / SAMPLE_SECONDS))
    samples: list[Sample] = []
    with opened_bench() as bench, started(bench, CONTENDERS[chosen.contender]) as running:
        envelopes = write_envelopes(bench.folder / "envelopes", ENVELOPES)
        for number in range(1, wanted + 1):
            samples.append(sample(running, envelopes, chosen.connections))
            figures = (f"{value:>9,.1f} {name}" for value, name in zip(samples[-1], CAPTIONS, strict=True))
            print(f"{number * SAMPLE_SECONDS:>5} s", *figures)
    for column, caption in ((0, "MB"), (2, "p50 ms")):
        grown = growth(samples, column)
        print(f"{caption}: times {grown:.2f} over the last third: {'flat' if grown <= GROWTH_ALLOWED else 'GROWS'}")


if __name__ == "__main__":
    main()
