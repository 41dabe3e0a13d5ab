"""How fast the Genesys log reader is, beside a plain line-by-line reader with regular expressions, and how
much memory it takes.

    python -m benchmarks.genesys_reader [MEGABYTES] [FILE]

Writes a log of that size (default 2000) to FILE unless it is already there, reads it with both in this one
process and prints megabytes per second of CPU time and the largest memory of the process after each.
"""

import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.sources.genesys.generator import big_log
from usage_service.sources.genesys.load import load
from usage_service.sources.genesys.scanner import Counts, Settings

HEADER = re.compile(r"^@\d\d:\d\d:\d\d\.\d{4} \[\d+\] \S+ .*: message (\w+)$")
ATTRIBUTE = re.compile(r"^\tAttribute(\w+)\t(.*)$")
SUBLIST = re.compile(r"^\t\t'([^']*)'\(list\) ?(.*)$")
PAIR = re.compile(r"^\t+'([^']*)'\t'(.*)'$")
WANTED = ("EventCallCreated", "EventCallDataChanged", "EventCallDeleted")


def main() -> None:
    """Write the log, read it twice, print."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    path = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.gettempdir()) / f"genesys-{megabytes}.log"
    if not path.exists():
        with path.open("wb") as log:
            log.writelines(big_log(megabytes))
    size = path.stat().st_size / 1e6
    print(f"{path}: {size:.0f} MB")
    ours = measure("reader", size, lambda: read_fast(path))
    plain = measure("line by line", size, lambda: sum(1 for _ in read_lines(path)))
    print(f"the reader is {ours / plain:.1f} times as fast")


def measure(name: str, size: float, read: Callable[[], object]) -> float:
    """Megabytes per second of one way to read."""
    start = time.process_time()
    result = read()
    rate = size / (time.process_time() - start)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"{name:>14}: {rate:7.1f} MB/s per core, {memory:.0f} MB of memory; {result}")
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


if __name__ == "__main__":
    main()
