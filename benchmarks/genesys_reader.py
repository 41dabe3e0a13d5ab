"""How fast the Genesys log reader is, beside a plain line-by-line reader with regular expressions, and how much memory
it takes; see `benchmarks.genesys`.
"""

import re
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from usage_service.systems.genesys.follow import load
from usage_service.systems.genesys.scanner import Counts, Settings

PROMISED_RATE, PROMISED_RATIO, PROMISED_MEMORY = 50.0, 5.0, 200.0
"""MB a second and core, or else so many times the plain reader; in at most so many MB of memory."""
HEADER = re.compile(r"^@\d\d:\d\d:\d\d\.\d{4} \[\d+\] \S+ .*: message (\w+)$")
ATTRIBUTE = re.compile(r"^\tAttribute(\w+)\t(.*)$")
SUBLIST = re.compile(r"^\t\t'([^']*)'\(list\) ?(.*)$")
PAIR = re.compile(r"^\t+'([^']*)'\t'(.*)'$")
WANTED = ("EventCallCreated", "EventCallDataChanged", "EventCallDeleted")


def measure_reading(path: Path) -> bool:
    """Read a log twice, the second time plainly, and print; whether the promise was kept."""
    size = path.stat().st_size / 1e6
    print(f"a log of {size:,.0f} MB", flush=True)
    ours = measure("reader", size, lambda: read_fast(path))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    plain = measure("line by line", size, lambda: sum(1 for _ in read_lines(path)))
    print(f"the reader is {ours / plain:.1f} times as fast, in {memory:.0f} MB of memory", flush=True)
    return (ours >= PROMISED_RATE or ours / plain >= PROMISED_RATIO) and memory < PROMISED_MEMORY


def measure(name: str, size: float, read: Callable[[], object]) -> float:
    """Megabytes per second of CPU time of one way to read."""
    start = time.process_time()
    result = read()
    rate = size / (time.process_time() - start)
    print(f"{name:>14}: {rate:7.1f} MB/s per core; {result}", flush=True)
    return rate


def read_fast(path: Path) -> Counts:
    """What the reader counts; the events are made and dropped."""
    counts = Counts()
    for batch in load([path], Settings()):
        counts.add(batch.counts)
    return counts


def read_lines(path: Path) -> Iterator[dict[str, object]]:
    """The straightforward way: every line against the patterns it may match."""
    message: dict[str, object] | None = None
    with path.open(encoding="utf-8", errors="replace") as log:
        for line in log:
            text = line.rstrip("\n")
            header = HEADER.match(text)
            if message is not None and (header or not text.startswith("\t")):
                if message["name"] in WANTED:
                    yield message
                message = None
            if header:
                message = {"name": header[1]}
            elif message is not None:
                read_attribute(message, text)
    if message is not None and message["name"] in WANTED:
        yield message


def read_attribute(message: dict[str, object], text: str) -> None:
    """One line below a header."""
    for pattern in (ATTRIBUTE, SUBLIST, PAIR):
        found = pattern.match(text)
        if found:
            message[found[1]] = found[2]
            return
