"""The worker's work on a database, without a service around it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from usage_service.cli.parsing import calendar_period
from usage_service.database.database import Database
from usage_service.ledger.system import open_commit_queue
from usage_service.settings import Settings
from usage_service.systems.pexip.deployment import Deployment, Manager, Policy
from usage_service.systems.pexip.reports import PexipReports
from usage_service.systems.pexip.store import PexipInbox, Posted
from usage_service.systems.pexip.system import PEXIP, open_work
from usage_service.systems.pexip.worker import Work

MARCH = "2026-03"


@dataclass
class Bench:
    """A deployment's work and its tables."""

    database: Database
    work: Work

    def post(self, *bodies: bytes) -> None:
        """Store bodies as the receiver does."""
        PexipInbox(self.database).store([Posted("main", None, body) for body in bodies])

    def seconds_by_tag(self) -> dict[str, int]:
        return {row["service_tag"]: row["seconds"] for row in self.usage("service-tag")}

    def usage(self, by: str) -> Sequence[dict[str, object]]:

        return PexipReports(self.database).usage(by, *calendar_period(MARCH))


@contextmanager
def working(database: Database, manager: str | None = None, policy: Policy | None = None) -> Iterator[Bench]:
    """Work on a database, on behalf of one deployment."""
    settings = Settings(host="test")
    deployment = Deployment(
        deployment="test",
        manager=Manager(url=manager, username="admin", password="secret") if manager else None,
        policy=policy,
    )
    recorder = open_commit_queue(settings, database, PEXIP.catalog)
    try:
        yield Bench(database, open_work(settings, deployment, database, recorder))
    finally:
        recorder.close()
