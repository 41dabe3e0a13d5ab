"""How far long work has come, on standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

Report = Callable[[int], None]


@contextmanager
def counted(*steps: str, total: int | None = None, unit: str = "lines") -> Iterator[tuple[Report, ...]]:
    """A bar for each step, shown when its first count is reported; `total` is where a count ends, if that is known."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} " + unit),
        TimeElapsedColumn(),
    )
    # Rich would lead what is printed meanwhile to its own stream; results that go to a file must reach it.
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=sys.stdout.isatty()) as progress:
        tasks = [progress.add_task(step, total=total, visible=False) for step in steps]
        yield tuple(partial(_report, progress, task) for task in tasks)


def _report(progress: Progress, task: object, count: int) -> None:
    progress.update(task, completed=count, visible=True)  # type: ignore[arg-type]  # rich's TaskID is an int
