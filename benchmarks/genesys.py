"""The Genesys source: `make bench-genesys`, or `python -m benchmarks.genesys [--megabytes N] [--load-megabytes N]`.

How fast logs are read beside a plain reader, and how fast they get into SQLite and PostgreSQL, settled usage records
included. Each measurement is a process of its own, so that the memory is its own.
"""

import argparse
import sys
from multiprocessing import get_context

from benchmarks.databases import opened_bench
from benchmarks.genesys_load import measure_load, write_log
from benchmarks.genesys_reader import measure_reading
from tests.systems.genesys.generator import big_log


def main() -> None:
    """Everything, one process after the other; exit code 1 when reading breaks its promise."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.genesys")
    parser.add_argument("--megabytes", type=int, default=2_000, help="size of the log that is only read")
    parser.add_argument("--load-megabytes", type=int, default=200, help="size of the log that is loaded")
    parser.add_argument("--noise", type=float, default=25, help="other messages between two call events of the latter")
    chosen = parser.parse_args()
    with opened_bench() as bench, get_context("spawn").Pool(1, maxtasksperchild=1) as process:
        log = bench.folder / "read.log"
        with log.open("wb") as file:
            file.writelines(big_log(chosen.megabytes))
        kept = process.apply(measure_reading, (log,))
        log.unlink()
        write_log(bench.folder / "load.log", chosen.load_megabytes, chosen.noise)
        for url in (bench.url("sqlite"), bench.url("postgresql")):
            process.apply(measure_load, (url, bench.folder / "load.log"))
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
