"""What the ledger costs on PostgreSQL: `python -m benchmarks.ledger [--quick] [--only idempotency-keys batches …]`.

idempotency-keys: single writes with a key in each against those without. batches: writeUsageRecords in batches of 100
and of 1,000 against single writes, and against a gSOAP server that takes the same batches. paging: a query through a
million records while a thousand new ones arrive. Interleaved rounds, as in `benchmarks.run`; prints every promise and
its verdict.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.build import BUILDS
from benchmarks.contenders import Batches, Contender, Running, peer, service
from benchmarks.databases import Bench, machine, opened_bench
from benchmarks.envelopes import write_batches, write_envelopes, write_keyed_envelopes
from benchmarks.load import LEDGER_PATH
from benchmarks.measurements import FIGURES, Measurement, Results
from benchmarks.paging import Paging, measured_paging
from benchmarks.run import ENVELOPES, Seat, keep, table
from benchmarks.targets import Target

PARTS = ("idempotency-keys", "batches", "paging")
SINGLE_CONNECTIONS, BATCH_CONNECTIONS = 64, 16
BATCH_SIZES = (100, 1_000)
RATE = FIGURES["records/s"]


@dataclass(frozen=True)
class Turn:
    """One line of the table: who is measured, and how many connections drive it."""

    seat: Seat
    connections: int


def turns(bench: Bench, parts: Sequence[str], stack: ExitStack) -> Iterator[Turn]:
    """Everything that takes its turn in each round, with its server started."""
    ours = service("postgresql")(bench, _folder(bench, "ours"))
    stack.callback(ours.stop)
    yield _turn(bench, "single", ours, write_envelopes(bench.folder / "single", ENVELOPES))
    if "idempotency-keys" in parts:
        yield _turn(bench, "single, keyed", ours, write_keyed_envelopes(bench.folder / "keyed", ENVELOPES))
    if "batches" in parts:
        start_gsoap = peer("gsoap", program="serve-ledger", path=LEDGER_PATH)
        gsoap = start_gsoap(bench, _folder(bench, "gsoap"))
        stack.callback(gsoap.stop)
        for size in BATCH_SIZES:
            batches = write_batches(bench.folder / f"batches-{size}", ENVELOPES, size)
            yield _turn(bench, f"batches of {size}", Batches(ours, size), batches, size)
            yield _turn(bench, f"gsoap, batches of {size}", Batches(gsoap, size), batches, size)


def _turn(bench: Bench, name: str, running: Running, envelopes: Path, records: int = 1) -> Turn:
    contender = Contender(name=name, title=name, dialect="postgresql", start=lambda _bench, _folder: running)
    seat = Seat(bench, contender, running, envelopes, records)
    return Turn(seat, SINGLE_CONNECTIONS if records == 1 else BATCH_CONNECTIONS)


def _folder(bench: Bench, name: str) -> Path:
    folder = bench.folder / name
    folder.mkdir()
    return folder


def measure(bench: Bench, chosen: argparse.Namespace) -> Iterator[Measurement]:
    """Every round; each turn in an order that moves on by one from round to round."""
    with ExitStack() as stack:
        waiting = list(turns(bench, chosen.only, stack))
        for turn in waiting:
            turn.seat.measure(0, turn.connections, chosen.warm_up)
        for number in range(1, chosen.rounds + 1):
            for turn in waiting:
                yield turn.seat.measure(number, turn.connections, chosen.seconds)
            waiting = [*waiting[1:], waiting[0]]


def targets(paging: Paging | None) -> Iterator[Target]:
    """What the ledger promises."""
    yield Target(
        text="keyed single writes, times unkeyed",
        value=lambda results: results.ratio("single, keyed", "single", SINGLE_CONNECTIONS, RATE),
        bound=0.85,
    )
    for size in BATCH_SIZES:
        yield _batch_target(size, "single", SINGLE_CONNECTIONS, 3.0)
        yield _batch_target(size, f"gsoap, batches of {size}", BATCH_CONNECTIONS, 0.5)
    yield Target(
        text="paging: records missed or repeated",
        value=lambda _results: float(paging.wrong) if paging else None,
        bound=0.0,
        at_most=True,
    )
    yield Target(
        text="paging: a page at the end, times one at the start",
        value=lambda _results: paging.end / paging.start if paging else None,
        bound=2.0,
        at_most=True,
    )


def _batch_target(size: int, theirs: str, connections: int, bound: float) -> Target:
    return Target(
        text=f"batches of {size}: records/s, times {theirs}",
        value=lambda results: results.ratio(f"batches of {size}", theirs, BATCH_CONNECTIONS, RATE, connections),
        bound=bound,
    )


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=5, help="of each load in each round")
    parser.add_argument("--warm-up", type=int, default=5, help="seconds, once for each load")
    parser.add_argument("--records", type=int, default=1_000_000, help="to page through")
    parser.add_argument("--quick", action="store_true", help="one round of one-second loads, 20,000 records")
    parser.add_argument("--output", type=Path, default=BUILDS / "ledger.json")
    chosen = parser.parse_args(words)
    if chosen.quick:
        chosen.rounds, chosen.seconds, chosen.warm_up, chosen.records = 1, 1, 1, 20_000
    return chosen


def main() -> None:
    """Measure, print, keep."""
    chosen = arguments()
    results, paging, circumstances = Results(), None, machine()
    with suppress(KeyboardInterrupt), opened_bench() as bench:  # stopped early, the rounds so far still count
        if set(chosen.only) != {"paging"}:
            for measurement in measure(bench, chosen):
                results.measurements.append(measurement)
                rate = f"{measurement.load.rate:>8,.0f} records/s"
                print(f"round {measurement.round}  {measurement.contender:<24} {rate}", file=sys.stderr)
        if "paging" in chosen.only:
            paging = measured_paging(bench, chosen.records)
    names = list(dict.fromkeys(measurement.contender for measurement in results.measurements))
    promises = list(targets(paging))
    print(*table(results, names, (SINGLE_CONNECTIONS, BATCH_CONNECTIONS)), sep="\n")
    print("", *([paging.line()] if paging else []), *(target.line(results) for target in promises), sep="\n")
    keep(chosen.output, results, promises, machine=circumstances, paging=asdict(paging) if paging else None)


if __name__ == "__main__":
    main()
