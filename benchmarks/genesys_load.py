"""How fast Genesys logs get into a database, settled usage records included.

    python -m benchmarks.genesys_load [MEGABYTES] [DATABASE_URL] [NOISE]

Writes a log of that size (default 200) to a temporary file, NOISE other messages (default 25) between two call
events, loads it into the database (default: a fresh SQLite file) and prints the rates of reading, and of reading and
storing: by the clock, and by the processor time of this process.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from tests.sources.genesys.generator import START, Story, banner, log_text
from usage_service.settings import Settings
from usage_service.sources.genesys.load import load
from usage_service.sources.genesys.scanner import Counts
from usage_service.sources.genesys.scanner import Settings as ReaderSettings
from usage_service.store.database import open_database
from usage_service.store.schema import upgrade_schema
from usage_service.wiring.interactions import genesys_reading, open_loader
from usage_service.wiring.recording import open_recorder


def main() -> None:
    """Write the log, load it, print."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    noise = float(sys.argv[3]) if len(sys.argv) > 3 else 25
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder}/usage.db"
        log = Path(folder) / "tserver.log"
        write_log(log, megabytes, noise)
        size = log.stat().st_size / 1e6
        start = now()
        counts = Counts()
        for batch in load([log], ReaderSettings()):
            counts.add(batch.counts)
        report("reading", size, counts.call_events, start)
        start = now()
        records = load_into(url, log)
        report("into the database", size, counts.call_events, start)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        print(f"{records} usage records, {memory:.0f} MB of memory")


def write_log(path: Path, megabytes: int, noise: float) -> None:
    """A log of one server about interactions of one to six calls."""
    random, written = Random(7), 0
    with path.open("wb") as log:
        log.write(banner("Tserver1", START).encode())
        while written < megabytes * 1_000_000:
            story = Story(random)
            for _ in range(40):
                story.interaction(random.randint(1, 6))
            written += log.write(log_text(story, "Tserver1", noise_ratio=noise))


def load_into(url: str, log: Path) -> int:
    """Load the log; returns how many usage records it gave."""
    settings = Settings(database=url)
    database = open_database(url)
    upgrade_schema(database)
    recorder = open_recorder(settings, database)
    try:
        loader, settler = open_loader(settings, database, recorder)
        loaded = loader.load([log], genesys_reading(settings))
        return loaded.settled.recorded + settler.settle(START.replace(year=START.year + 1)).recorded
    finally:
        recorder.close()
        database.close()


def now() -> tuple[float, float]:
    """The clock, and the processor time used."""
    return time.monotonic(), time.process_time()


def report(what: str, megabytes: float, events: int, start: tuple[float, float]) -> None:
    """One line."""
    for measure, before, after in zip(("s", "s of CPU"), start, now(), strict=True):
        seconds = after - before
        print(f"{what}: {seconds:.1f} {measure}, {megabytes / seconds:.1f} MB/s, {events / seconds:.0f} call events/s")


if __name__ == "__main__":
    main()
