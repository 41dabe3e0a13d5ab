"""What a tree of processes costs: CPU time and memory, from /proc."""

import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SAMPLE_SECONDS = 0.5


def tree(root: int) -> list[int]:
    """A process and all its descendants."""
    children = defaultdict(list)
    for folder in Path("/proc").glob("[0-9]*"):
        if fields := _stat(int(folder.name)):
            children[int(fields[1])].append(int(folder.name))
    found = [root]
    for process in found:
        found.extend(children[process])
    return found


def cpu_seconds(root: int) -> float:
    """User and system time of a tree, of threads and children that ended too."""
    return sum(sum(map(int, fields[11:15])) for fields in map(_stat, tree(root)) if fields) / TICKS_PER_SECOND


def memory_bytes(root: int) -> int:
    """Proportional set size of a tree: shared pages are counted once."""
    return sum(map(_proportional_set_size, tree(root)))


def _stat(process: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on (see proc(5)); none when the process has ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _proportional_set_size(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


@dataclass
class Cost:
    """CPU seconds spent while it was watched, and the most memory seen."""

    cpu: float = 0.0
    peak_bytes: int = 0


@contextmanager
def watched(root: int) -> Iterator[Cost]:
    """The cost of a tree during the block."""
    cost, over = Cost(), threading.Event()

    def sample() -> None:
        while not over.wait(SAMPLE_SECONDS):
            cost.peak_bytes = max(cost.peak_bytes, memory_bytes(root))

    sampler = threading.Thread(target=sample, daemon=True)
    before = cpu_seconds(root)
    sampler.start()
    try:
        yield cost
    finally:
        over.set()
        sampler.join()
        cost.cpu = cpu_seconds(root) - before
        cost.peak_bytes = max(cost.peak_bytes, memory_bytes(root))
