"""The service and its peers, interleaved in one go: `python -m benchmarks.run [--quick] [--only NAME …]`.

Every contender is started once and warmed up. Then, round by round and load by load, each in turn writes into
emptied tables for some seconds, and what it acknowledged is looked up in the tables. Prints medians of the rounds and
the ratios that the service promises, and writes every single figure as JSON.
"""

import argparse
import json
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.build import BUILDS
from benchmarks.contenders import CONTENDERS, Contender, Running
from benchmarks.databases import Bench, Wrong, machine, opened_bench
from benchmarks.envelopes import PROPERTIES, write_envelopes
from benchmarks.measurements import FIGURES, Measurement, Results
from benchmarks.processes import Cost, watched
from benchmarks.targets import TARGETS, Target

CONNECTIONS = (1, 16, 64)
ENVELOPES = 4_000


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, metavar="NAME", help=", ".join(CONTENDERS))
    parser.add_argument("--connections", nargs="+", type=int, default=list(CONNECTIONS), metavar="N")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="of each load in each round")
    parser.add_argument("--warm-up", type=int, default=8, help="seconds, once for each contender")
    parser.add_argument("--quick", action="store_true", help="one round of one-second loads: does it all work?")
    parser.add_argument("--output", type=Path, default=BUILDS / "results.json")
    chosen = parser.parse_args(words)
    if chosen.quick:
        chosen.rounds, chosen.seconds, chosen.warm_up = 1, 1, 1
    return chosen


def measure(bench: Bench, contenders: Sequence[Contender], chosen: argparse.Namespace) -> Iterator[Measurement]:
    """Every round; the order of the contenders moves on by one from load to load."""
    envelopes = write_envelopes(bench.folder / "envelopes", ENVELOPES)
    with ExitStack() as stack:
        seats = deque(Seat(bench, one, stack.enter_context(started(bench, one)), envelopes) for one in contenders)
        for seat in seats:
            seat.measure(0, max(chosen.connections), chosen.warm_up)
        for number in range(1, chosen.rounds + 1):
            for connections in chosen.connections:
                for seat in seats:
                    yield seat.measure(number, connections, chosen.seconds)
                seats.rotate(-1)


@contextmanager
def started(bench: Bench, contender: Contender) -> Iterator[Running]:
    """A running contender."""
    folder = bench.folder / contender.name
    folder.mkdir()
    running = contender.start(bench, folder)
    try:
        yield running
    finally:
        running.stop()


@dataclass(frozen=True)
class Seat:
    """A running contender and what it is measured with."""

    bench: Bench
    contender: Contender
    running: Running
    envelopes: Path
    records: int = 1  # in each envelope

    def measure(self, number: int, connections: int, seconds: int) -> Measurement:
        """Drive it and check what it stored."""
        dialect, name = self.contender.dialect, self.contender.name
        self.bench.empty(dialect)
        watch_server = watched(self.running.root) if self.running.root else nullcontext(Cost())
        with watched(self.bench.server_pid) as database, watch_server as server:
            load = self.running.drive(self.envelopes, connections, seconds)
        try:
            self.bench.verify(dialect, load, in_flight=connections * self.records, properties=PROPERTIES)
        except Wrong as wrong:
            sys.exit(f"{name}: {wrong}\n{load}")
        return Measurement(
            round=number,
            contender=name,
            connections=connections,
            load=load,
            server_cpu=server.cpu,
            database_cpu=database.cpu,
            peak_bytes=server.peak_bytes,
        )


def report(results: Results, names: Sequence[str], connections: Sequence[int]) -> str:
    """The table of medians and the promises, as Markdown."""
    return "\n".join([*table(results, names, connections), "", *(target.line(results) for target in TARGETS)])


def table(results: Results, names: Sequence[str], connections: Sequence[int]) -> list[str]:
    """The lines of the table of medians."""
    rows = [["contender", "connections", *FIGURES], *results.table(names, connections)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return lines


def keep(output: Path, results: Results, targets: Sequence[Target], **more: object) -> None:
    """Write every figure into a file."""
    kept = more | {"measurements": [asdict(one) for one in results.measurements]}
    kept["targets"] = [{"text": one.text, "bound": one.bound, "value": one.value(results)} for one in targets]
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(kept, indent=1, default=str))
    print(f"\nEvery figure: {output}")


def main() -> None:
    """Measure, print, keep."""
    chosen = arguments()
    names = chosen.only or list(CONTENDERS)
    results, circumstances = Results(), machine()
    with suppress(KeyboardInterrupt), opened_bench() as bench:  # stopped early, the rounds so far still count
        for measurement in measure(bench, [CONTENDERS[name] for name in names], chosen):
            results.measurements.append(measurement)
            print(
                f"round {measurement.round}  {measurement.connections:>3} connections  {measurement.contender:<12}"
                f" {measurement.load.rate:>8,.0f} records/s",
                file=sys.stderr,
            )
    print(report(results, names, chosen.connections))
    keep(chosen.output, results, TARGETS, machine=circumstances)


if __name__ == "__main__":
    main()
