"""Short ways to read logs in tests."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from demos.genesys import EXAMPLE
from usage_service.systems.genesys.call_book import CallTable, apply
from usage_service.systems.genesys.event import CallEvent
from usage_service.systems.genesys.follow import load
from usage_service.systems.genesys.interaction import Interaction, assemble, connected
from usage_service.systems.genesys.link import Policy
from usage_service.systems.genesys.scanner import Found, Scanner, Settings

DATA = Path(__file__).parent / "data"
PAGE = EXAMPLE
LINKS = DATA / "islinks.log"
ATTACHED = DATA / "attached_data.log"
ORDER = (
    "00RP30KH7088L1IC08GB82LAES000317",
    "01AE904GK088LFQD2CGB02LAES0000EP",
    "00RP30KH7088L1IC08GB82LAES00031D",
)


def events_of(*paths: Path, settings: Settings | None = None) -> list[CallEvent]:
    """All call events of some files, read as one log."""
    return [event for batch in load(paths, settings or Settings()) for event in batch.events]


def scan(files: Iterable[Iterable[bytes]], settings: Settings | None = None) -> Found:
    """What a log in pieces holds: files, each in blocks."""
    scanner = Scanner(settings or Settings())
    found = Found()
    for number, file in enumerate(files):
        collect(found, scanner.open_file(f"log.{number}"))
        for block in file:
            collect(found, scanner.feed(block))
    collect(found, scanner.finish())
    return found


def collect(found: Found, more: Found) -> None:
    """Add what was found last."""
    found.events += more.events
    found.rejected += more.rejected
    found.counts.add(more.counts)


def calls_of(events: Iterable[CallEvent]) -> CallTable:
    """The calls that these events tell of, in memory."""
    table = CallTable()
    for event in events:
        apply(table, event)
    return table


def interactions_of(events: Iterable[CallEvent], policy: Policy, as_of: datetime) -> list[Interaction]:
    """The interactions that these events tell of, in memory."""
    table = calls_of(events)
    groups = {frozenset(connected(table, key)) for key in table.calls}
    return [assemble([table.calls[key] for key in group], policy, as_of) for group in sorted(groups, key=min)]
