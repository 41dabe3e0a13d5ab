"""What the service promises, as ratios within one run."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.measurements import FIGURES, Figure, Results

RATE, P50, P99, PEAK = FIGURES["records/s"], FIGURES["p50 ms"], FIGURES["p99 ms"], FIGURES["peak MB"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """One promise. The value is None when the run did not measure what it needs."""

    text: str
    value: Callable[[Results], float | None]
    bound: float
    at_most: bool = False

    def holds(self, value: float) -> bool:
        """Whether a value keeps the promise."""
        return value <= self.bound if self.at_most else value >= self.bound

    def line(self, results: Results) -> str:
        """The promise and what became of it."""
        value = self.value(results)
        wanted = f"{'at most' if self.at_most else 'at least'} {self.bound:g}"
        verdict = "not measured" if value is None else f"{value:.2f} {'ok' if self.holds(value) else 'MISSED'}"
        return f"{self.text:<62} {wanted:<14} {verdict}"


def _times(
    theirs: str, connections: int, figure: Figure = RATE, ours: str = "ours"
) -> Callable[[Results], float | None]:
    return lambda results: results.ratio(ours, theirs, connections, figure)


def _spread(results: Results) -> float | None:
    p50, p99 = (results.median("ours", 64, figure) for figure in (P50, P99))
    return p99 / p50 if p50 and p99 else None


def _rate(theirs: str, connections: int, bound: float, ours: str = "ours") -> Target:
    text = f"{ours}: rate at {connections} connections, times {theirs}"
    return Target(text=text, value=_times(theirs, connections, ours=ours), bound=bound)


TARGETS = (
    _rate("gsoap", 64, 1.3),
    _rate("gsoap-group", 64, 1.0),
    _rate("gsoap", 16, 1.0),
    Target(text="ours: p50 at 1 connection, times gsoap", value=_times("gsoap", 1, P50), bound=1.5, at_most=True),
    _rate("java", 64, 2.5),
    _rate("node", 64, 3.0),
    _rate("php", 64, 3.0),
    _rate("spyne-orm", 64, 15.0),
    _rate("gsoap", 64, 1.0, ours="ours-sqlite"),
    Target(text="ours: p99 at 64 connections, times its p50", value=_spread, bound=4.0, at_most=True),
    Target(
        text="ours: peak memory at 64 connections, MB",
        value=lambda results: results.median("ours", 64, PEAK),
        bound=300.0,
        at_most=True,
    ),
)
