"""Figures: one for each contender, number of connections and round; their medians, and ratios between them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.load import Load


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One contender under one load."""

    round: int
    contender: str
    connections: int
    load: Load
    server_cpu: float  # seconds, of the contender's processes
    database_cpu: float  # seconds, of PostgreSQL
    peak_bytes: int  # of the contender's processes

    @property
    def server_cost(self) -> float:
        """CPU seconds for each 1,000 records."""
        return self.server_cpu * 1000 / max(1, self.load.records)

    @property
    def database_cost(self) -> float:
        """CPU seconds of PostgreSQL for each 1,000 records."""
        return self.database_cpu * 1000 / max(1, self.load.records)


Figure = Callable[[Measurement], float]

FIGURES: dict[str, Figure] = {
    "records/s": lambda m: m.load.rate,
    "p50 ms": lambda m: m.load.p50,
    "p99 ms": lambda m: m.load.p99,
    "server CPU s/1k": lambda m: m.server_cost,
    "database CPU s/1k": lambda m: m.database_cost,
    "peak MB": lambda m: m.peak_bytes / 1e6,
    "refused": lambda m: m.load.refused + m.load.broken,
}


class Results:
    """All measurements of a run."""

    def __init__(self, measurements: Iterable[Measurement] = ()) -> None:
        self.measurements = list(measurements)

    def of(self, contender: str, connections: int) -> list[Measurement]:
        """Every round of one contender under one load, in order."""
        return [m for m in self.measurements if (m.contender, m.connections) == (contender, connections)]

    def median(self, contender: str, connections: int, figure: Figure) -> float | None:
        """The median of the rounds, None when there was none."""
        found = self.of(contender, connections)
        return median(map(figure, found)) if found else None

    def ratio(
        self, ours: str, theirs: str, connections: int, figure: Figure, their_connections: int | None = None
    ) -> float | None:
        """The median of the ratios within each round: what slows a whole round slows both."""
        found = self.of(ours, connections), self.of(theirs, their_connections or connections)
        pairs = list(zip(*found, strict=False))
        ratios = [figure(a) / figure(b) for a, b in pairs if figure(b)]
        return median(ratios) if ratios else None

    def table(self, names: Sequence[str], connections: Sequence[int]) -> list[list[str]]:
        """Medians, one row for each contender and load."""
        return [
            [name, str(number), *(f"{self.median(name, number, figure) or 0:,.4g}" for figure in FIGURES.values())]
            for number in connections
            for name in names
            if self.of(name, number)
        ]
