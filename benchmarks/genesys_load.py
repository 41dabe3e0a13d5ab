"""How fast Genesys logs get into a database, settled usage records included; see `benchmarks.genesys`."""

import resource
import time
from pathlib import Path
from random import Random

from tests.systems.genesys.generator import START, Story, banner, log_text
from usage_service.database.database import open_database
from usage_service.ledger.system import open_commit_queue
from usage_service.settings import Settings
from usage_service.systems.genesys.follow import load
from usage_service.systems.genesys.scanner import Counts
from usage_service.systems.genesys.scanner import Settings as ReaderSettings
from usage_service.systems.genesys.settings import GenesysSettings
from usage_service.systems.genesys.system import GENESYS, genesys_reading, open_loader


def measure_load(url: str, log: Path) -> None:
    """Read a log, then load it into the database, and print the rates of both: by the clock, and by the processor time
    of this process.
    """
    size, counts, start = log.stat().st_size / 1e6, Counts(), now()
    for batch in load([log], ReaderSettings()):
        counts.add(batch.counts)
    report("reading", size, counts.call_events, start)
    start = now()
    records = load_into(url, log)
    report(f"into {url.partition(':')[0]}", size, counts.call_events, start)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"{records:,} usage records, {memory:.0f} MB of memory", flush=True)


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
    recorder = open_commit_queue(settings, database, GENESYS.catalog)
    try:
        loader, settler = open_loader(settings, database, recorder)
        loaded = loader.load([log], genesys_reading(settings.group(GenesysSettings)))
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
