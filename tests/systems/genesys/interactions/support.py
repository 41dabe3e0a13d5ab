"""The parts between Genesys logs and a database, and short ways to look at what came of them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.recording import stored_records
from tests.systems.genesys.generator import MONITORED, SERVERS, START, Story, banner, log_text
from tests.systems.genesys.support import interactions_of
from usage_service.database.database import Database
from usage_service.ledger.commit_queue import CommitQueue
from usage_service.ledger.model import RecordFilter
from usage_service.ledger.records import Records
from usage_service.ledger.system import open_commit_queue
from usage_service.record import UsageRecord, content_digest
from usage_service.settings import Settings
from usage_service.systems.genesys.book import enter, neighbourhood
from usage_service.systems.genesys.call import Call, CallKey
from usage_service.systems.genesys.event import CallEvent
from usage_service.systems.genesys.link import Policy
from usage_service.systems.genesys.loading import Loader
from usage_service.systems.genesys.settings import GenesysSettings
from usage_service.systems.genesys.settling import Settler
from usage_service.systems.genesys.store import hold_calls, snapshot
from usage_service.systems.genesys.system import GENESYS, open_interactions, open_loader
from usage_service.systems.genesys.tracing import Interactions
from usage_service.systems.genesys.usage import usage_records

SETTINGS = Settings(groups=(GenesysSettings(monitored=sorted(MONITORED), block_bytes=5_000),), host="usage-1")
POLICY = Policy(monitored=MONITORED)


@dataclass(frozen=True)
class Parts:
    """Everything wired to one database."""

    database: Database
    recorder: CommitQueue
    loader: Loader
    settler: Settler
    interactions: Interactions

    def take(self, *events: CallEvent) -> None:
        """Enter events as a batch does."""
        with self.database.transaction() as transaction:
            hold_calls(transaction)
            enter(transaction, events)

    def current(self) -> list[UsageRecord]:
        """The usage records that count now."""
        found = Records(self.database).find(RecordFilter(current=True), limit=1_000_000)
        return [stored.record for stored in found]


@contextmanager
def wired(database: Database, settings: Settings = SETTINGS) -> Iterator[Parts]:
    """The parts, closed afterwards; the database stays open."""
    recorder = open_commit_queue(settings, database, GENESYS.catalog)
    try:
        loader, settler = open_loader(settings, database, recorder)
        yield Parts(database, recorder, loader, settler, open_interactions(settings, database))
    finally:
        recorder.close()


def stored_calls(database: Database, call_uuids: Iterable[str]) -> dict[CallKey, Call]:
    """Calls as they are in the tables."""
    with snapshot(database) as transaction:
        return dict(neighbourhood(transaction, call_uuids).table.calls)


def expected_records(events: Iterable[CallEvent], as_of: datetime, policy: Policy = POLICY) -> list[str]:
    """What the usage records must say, worked out in memory; sorted digests."""
    whole = interactions_of(events, policy, as_of)
    return sorted(content_digest(record) for one in whole for record in usage_records(one))


def digests(records: Iterable[UsageRecord]) -> list[str]:
    """What usage records say, to compare; sorted."""
    return sorted(map(content_digest, records))


def recorded(database: Database) -> int:
    """How many records there are, adjusted ones included."""
    return len(stored_records(database))


def write_logs(story: Story, folder: Path) -> list[Path]:
    """The log of each server of a story."""
    paths = []
    for server in SERVERS:
        path = folder / f"{server}.log"
        path.write_bytes(banner(server, START).encode() + log_text(story, server) + b"@00:00:00.0000 [0] 8 stop\n")
        paths.append(path)
    return paths
