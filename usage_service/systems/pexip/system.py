"""Wiring of the Pexip source: its receiver, its worker, its policy server, and what its commands need.

The Pexip worker as a process of its own: turning events into records costs more than taking them.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from usage_service import record_ids
from usage_service.background import work_until_stopped
from usage_service.database.database import Database
from usage_service.errors import Busy, ConfigurationError, UsageServiceError
from usage_service.http.asgi import AsgiApp
from usage_service.ledger.commit_queue import CommitQueue, StoreQueue
from usage_service.ledger.system import open_adjustments, open_commit_queue, open_store
from usage_service.ledger.upsert import Upserts
from usage_service.logs import log_to_stderr
from usage_service.settings import Settings
from usage_service.systems.pexip.deployment import Deployment, load_deployment
from usage_service.systems.pexip.intake import Intake
from usage_service.systems.pexip.management_api import ManagementApi
from usage_service.systems.pexip.policy_server import FreshTotals, PolicyServer, RulesFile
from usage_service.systems.pexip.publishing import AUTHOR, Publisher
from usage_service.systems.pexip.receiver import Receiver
from usage_service.systems.pexip.reconcile import CONFERENCES, LAST_RUN, PARTICIPANTS, Reconciler
from usage_service.systems.pexip.reports import PexipReports
from usage_service.systems.pexip.sequence import count_step
from usage_service.systems.pexip.settings import PexipSettings
from usage_service.systems.pexip.store import PexipInbox, PexipIntake, PexipProgress, PexipStates, PexipUsages, Posted
from usage_service.systems.pexip.worker import Work, Worker
from usage_service.systems.system import Core, Served, System

RECEIVER_PATH, POLICY_PATH = "/pexip/event-sink", "/pexip/policy/v1"
LARGEST_GROUP = 1_000
"""Most bodies or decisions in one commit."""
MOST_REFUSALS = 100
"""Most refused changes that the status names."""

log = logging.getLogger(__name__)


def described_deployment(settings: Settings) -> Deployment:
    """The deployment the settings name; raises `ConfigurationError` when they name none."""
    file = settings.group(PexipSettings).file
    if not file:
        raise ConfigurationError("no Pexip deployment is configured: set `pexip.file` to the file that describes it")
    return load_deployment(Path(file))


def open_work(settings: Settings, deployment: Deployment, database: Database, recorder: CommitQueue) -> Work:
    """Everything the worker does."""
    states, progress = PexipStates(database), PexipProgress(database)
    keeper = PexipIntake(database, issue_ids=record_ids.new_record_ids)
    rules = deployment.rules(PexipReports(database))
    manager, memory = deployment.manager, deployment.memory
    upserts = Upserts(database, recorder.record_many, open_adjustments(settings, database), AUTHOR)

    reconciler = None
    if manager:
        reconciler = Reconciler(
            history=ManagementApi(manager.login()),
            progress=progress,
            keeper=keeper,
            states=states,
            rules=rules,
            memory=memory,
            silent=lambda now: progress.silent(deployment.source, now - timedelta(minutes=deployment.silence_minutes)),
        )

    def forget(now: datetime) -> None:
        states.forget(now - memory)
        if deployment.keep_event_days:
            states.forget_events(now - timedelta(days=deployment.keep_event_days))

    return Work(
        intake=Intake(PexipInbox(database), states, keeper, memory),
        publisher=Publisher(states, PexipUsages(database), upserts, rules, memory),
        count=lambda: count_step(progress, deployment.source),
        reconciler=reconciler,
        forget=forget,
    )


@contextmanager
def working(settings: Settings) -> Iterator[None]:
    """The worker turns what was stored into records for the length of the block, with a database of its own."""
    deployment = described_deployment(settings)
    manager = deployment.manager
    database = open_store(settings)
    recorder = open_commit_queue(settings, database, PEXIP.catalog)
    worker = Worker(
        open_work(settings, deployment, database, recorder),
        database,
        timedelta(minutes=manager.reconcile_minutes if manager else 0),
    )
    worker.start()
    try:
        yield
    finally:
        worker.stop()
        recorder.close()
        database.close()


def serve_pexip(core: Core) -> Served | None:
    """The receiver and the policy server, as configured; None when there is no deployment."""
    settings, database = core.settings, core.database
    file = settings.group(PexipSettings).file
    if not file:
        return None
    deployment = described_deployment(settings)
    bodies = StoreQueue(PexipInbox(database).store, queue_limit=settings.queue_limit, group_limit=LARGEST_GROUP)

    async def store(sink: str, caller_address: str | None, body: bytes) -> None:
        await bodies.submit(Posted(sink, caller_address, body))

    receiver = Receiver(deployment.sinks, store)
    mounts: dict[str, AsgiApp] = {RECEIVER_PATH: receiver}
    commits: list[StoreQueue[Any]] = [bodies]
    if deployment.policy:
        decisions = StoreQueue(
            PexipReports(database).note_decisions, queue_limit=settings.queue_limit, group_limit=LARGEST_GROUP
        )
        commits.append(decisions)
        mounts[POLICY_PATH] = PolicyServer(
            deployment.policy,
            RulesFile(Path(file).parent / deployment.policy.rules),
            FreshTotals(PexipUsages(database)),
            asyncio.to_thread,
            partial(_note, decisions),
        )
    return Served(
        mounts=mounts,
        hot={f"{RECEIVER_PATH}/{sink}": receiver for sink in deployment.sinks},
        opened=partial(_drained, commits),
    )


@asynccontextmanager
async def _drained(commits: Sequence[StoreQueue[Any]]) -> AsyncIterator[None]:
    """What was taken is stored before the block ends."""
    try:
        yield
    finally:
        for commit in commits:
            await commit.drain()


def _note(decisions: StoreQueue[Mapping[str, Any]], decision: Mapping[str, Any]) -> None:
    """Keep a decision without making the call wait for it."""
    try:
        decisions.submit(decision).add_done_callback(_report)
    except Busy as error:
        log.error("a policy decision was not kept: %s", error)


def _report(stored: asyncio.Future[None]) -> None:
    error = stored.exception()
    if isinstance(error, UsageServiceError):
        log.error("a policy decision was not kept: %s", error)
    elif error is not None:
        log.error("a policy decision was not kept", exc_info=error)


def open_status(deployment: Deployment, settings: Settings, database: Database) -> dict[str, Any]:
    """What an operator wants to know at a glance."""
    reports, progress, usages = PexipReports(database), PexipProgress(database), PexipUsages(database)
    silent_since = datetime.now(UTC) - timedelta(minutes=deployment.silence_minutes)
    nodes = reports.nodes()
    return {
        "waiting": PexipInbox(database).length(),
        "unread": len(reports.events(unread=True, limit=1_000)),
        "refused_changes": usages.refused(),
        "refusals": usages.refusals(MOST_REFUSALS),
        "nodes": nodes,
        "silent_nodes": [f"{row['sink']}/{row['node']}" for row in nodes if row["last_received_at"] < silent_since],
        "lost": reports.gaps(),
        "history": {name: progress.watermark(name) for name in (PARTICIPANTS, CONFERENCES, LAST_RUN)},
        "findings": reports.findings(),
    }


def pexip_work(settings: Settings) -> Callable[[], None] | None:
    """The worker's process; None when there is no deployment."""
    return partial(run_pexip_worker, settings) if settings.group(PexipSettings).file else None


def run_pexip_worker(settings: Settings) -> None:
    """Work until stopped."""
    log_to_stderr(settings.log_level)
    work_until_stopped(working(settings))


_FOLDER = Path(__file__).parent
PEXIP = System(
    settings=PexipSettings,
    catalog=(_FOLDER / "pexip_participant.toml", _FOLDER / "pexip_conference.toml"),
    serve=serve_pexip,
    background=pexip_work,
)
"""Pexip Infinity: event sinks, policy server, and a worker that makes records of what they took."""
