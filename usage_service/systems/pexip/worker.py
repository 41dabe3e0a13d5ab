"""The worker behind the receiver: reads what was stored, publishes to the ledger, counts, reconciles, forgets.

Every process of the service has one; whoever holds the lock works. Nothing is held in memory between two steps, so that
a process may die at any moment and another go on.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from usage_service.database.database import Database
from usage_service.database.locks import try_exclusive_lock
from usage_service.errors import UsageServiceError
from usage_service.systems.pexip import intake, publishing
from usage_service.systems.pexip.reconcile import Noted, Outcome, Reconciler
from usage_service.systems.pexip.repository import CONFERENCE, LEG

WORK = "pexip-work"
"""The exclusive lock of whoever does this work."""
PAUSE_SECONDS = 0.25
"""How long the worker rests when there is nothing to do."""
COUNT_SECONDS = 2.0
"""How often events are counted and conferences published: counting rewrites a node's whole log."""
REST = 3
"""While bodies wait, counting and conferences rest for this many times as long as they took."""
FORGET_SECONDS = 3600.0
LOOK_SECONDS = 5.0
"""How often the worker asks itself whether to reconcile."""
BATCHES_BEFORE_PUBLISHING = 20

log = logging.getLogger(__name__)


class Forget(Protocol):
    """Drops what is old."""

    def __call__(self, now: datetime) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Work:
    """Everything there is to do for one deployment. To be used by whoever holds the lock."""

    intake: intake.Intake
    publisher: publishing.Publisher
    count: Callable[[], int]
    reconciler: Reconciler | None
    forget: Forget

    def catch_up(self) -> int:
        """Read what waits and publish the legs it changed; returns how many bodies and changes that were."""
        done = 0
        for _ in range(BATCHES_BEFORE_PUBLISHING):
            taken = self.intake.step()
            done += taken
            if taken < intake.BATCH:
                break
        return done + self._publish(LEG)

    def tell_of_conferences(self) -> int:
        """Publish the conferences that changed; each takes a look at all legs of its room, so not after every event."""
        return self._publish(CONFERENCE)

    def _publish(self, kind: str) -> int:
        done = 0
        while True:
            published = self.publisher.step(kind)
            done += published
            if published < publishing.BATCH[kind]:
                return done

    def catch_up_fully(self) -> None:
        """Until nothing waits and everything is counted."""
        while self.catch_up() or self.tell_of_conferences():
            pass
        while self.count():
            pass

    def reconcile(self, noted: Noted = lambda rows: None, since: datetime | None = None) -> Outcome:
        """Read the history and publish what it changed."""
        assert self.reconciler is not None
        self.catch_up_fully()
        try:
            return self.reconciler.run(datetime.now(UTC), noted, since)
        finally:
            self.catch_up_fully()


class Worker:
    """A thread that works whenever it gets the lock."""

    def __init__(self, work: Work, database: Database, reconcile_every: timedelta) -> None:
        self._work = work
        self._database = database
        self._reconcile_every = reconcile_every
        self._stop = threading.Event()
        self._counted = self._looked = self._rest = 0.0
        self._warned: frozenset[str] = frozenset()
        self._forgot = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="pexip-worker", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the step in hand and end."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with try_exclusive_lock(self._database, WORK) as ours:
                    busy = ours and self._step()
            except UsageServiceError as error:
                log.warning("pexip work is put off: %s", error)
                busy = False
            except Exception:
                log.exception("pexip work failed")
                busy = False
            if not busy:
                self._stop.wait(PAUSE_SECONDS)

    def _step(self) -> bool:
        """One round of work; whether there was any."""
        busy = self._work.catch_up() > 0
        now = time.monotonic()
        if now - self._counted > (max(COUNT_SECONDS, self._rest) if busy else COUNT_SECONDS):
            busy = self._work.tell_of_conferences() + self._work.count() > 0 or busy
            self._counted = time.monotonic()
            self._rest = REST * (self._counted - now)
        if not busy and self._reconcile_every and now - self._looked > LOOK_SECONDS:
            self._looked = now
            self._reconcile_when_due(self._reconcile_every)
        if now - self._forgot > FORGET_SECONDS:
            self._forgot = now
            self._work.forget(datetime.now(UTC))
        return busy

    def _reconcile_when_due(self, every: timedelta) -> None:
        reconciler = self._work.reconciler
        if reconciler is not None and reconciler.is_due(datetime.now(UTC), every):
            self._report(self._work.reconcile())

    def _report(self, outcome: Outcome) -> None:
        """Log what was found, and each warning once, for as long as it is repeated."""
        counts = {verdict.value: count for verdict, count in outcome.verdicts.items()}
        log.info("pexip history reconciled", extra={"rows": outcome.rows, "rejected": outcome.rejected, **counts})
        for warning in outcome.warnings:
            if warning not in self._warned:
                log.warning("pexip: %s", warning)
        self._warned = frozenset(outcome.warnings)
