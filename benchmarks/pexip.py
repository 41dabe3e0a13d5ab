"""The Pexip source under load: `make bench-pexip`, or `python -m benchmarks.pexip [--seconds N]`.

On PostgreSQL with the durability of production: how many events the receiver takes and how quickly it answers at half
the promised rate, how far the worker falls behind meanwhile, and how quickly the policy server answers.
"""

import argparse
import sys

from benchmarks.databases import opened_bench
from benchmarks.pexip_policy import measure_policy
from benchmarks.pexip_receiver import measure_receiver


def main() -> None:
    """Measure both; exit code 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pexip", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each of the three loads")
    seconds = parser.parse_args().seconds
    with opened_bench() as bench:
        kept = [measure_receiver(bench.url("postgresql"), seconds), measure_policy(bench.url("postgresql"), seconds)]
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
