"""How far long work has come, on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

Heard = Callable[[int], None]


@contextmanager
def counted(*steps: str) -> Iterator[tuple[Heard, ...]]:
    """A bar for each step, shown when its first count is heard."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} lines"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks = [progress.add_task(step, total=None, visible=False) for step in steps]
        yield tuple(partial(_hear, progress, task) for task in tasks)


def _hear(progress: Progress, task: object, count: int) -> None:
    progress.update(task, completed=count, visible=True)  # type: ignore[arg-type]  # rich's TaskID is an int
