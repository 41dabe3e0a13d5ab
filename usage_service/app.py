"""The whole service as one ASGI application."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from usage_service.auth.authentication import open_authentication, require_authentication
from usage_service.background import end_with_parent
from usage_service.database.database import open_database
from usage_service.http.asgi import AsgiApp
from usage_service.http.contracts import contract_routes
from usage_service.http.front import Front
from usage_service.http.health import Readiness, health_routes
from usage_service.ledger.store_state import StoreProbe, StoreState, probe_into
from usage_service.ledger.system import issue_ids, open_rejects, open_store, worker_commit_queue
from usage_service.logs import log_to_stderr
from usage_service.registry import SETTINGS_GROUPS, catalog_files, interaction_tracer, served_systems
from usage_service.settings import Settings, load_settings
from usage_service.soap.endpoints import (
    USAGE_LEDGER_PATH,
    USAGE_RECORD_PATHS,
    contract_documents,
    open_ledger,
    usage_ledger_endpoint,
    usage_record_endpoint,
)
from usage_service.soap.usage_ledger.rejects import LEDGER_REJECT, USAGE_RECORD_REJECT, SoapRejects
from usage_service.systems.system import Core

SWITCH_INTERVAL_SECONDS = 1e-4
"""How long one thread keeps the interpreter: the writer must not wait 5 ms for the event loop's turn to end."""

GC_THRESHOLDS = 20_000, 20, 20
"""Requests leave no circles behind: looking for them after every 700 new objects only costs a twelfth of the time."""


def check(settings: Settings) -> None:
    """Raise `ConfigurationError` where a worker could not start: one clear error instead of one from each."""
    require_authentication(settings)
    open_authentication(settings)
    open_store(settings).close()


def worker_app() -> AsgiApp:
    """What each worker process runs."""
    settings = load_settings(groups=SETTINGS_GROUPS).settings
    log_to_stderr(settings.log_level)
    end_with_parent()
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    app = build_app(settings)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    return app


def build_app(settings: Settings) -> AsgiApp:
    """The whole service. Nothing is opened before the server starts it.

    The schema is not looked at: it was when the service started. A worker that takes the place of a dead one goes on
    with what the others do, while the database is away or a newer version has upgraded it.
    """
    database = open_database(settings.database)
    state = StoreState()
    queue = worker_commit_queue(settings, database, catalog_files(), state)
    probe = partial(probe_into, state, StoreProbe(database, host=settings.host, issue_ids=issue_ids(settings)))
    authentication = open_authentication(settings)
    core = Core(
        settings=settings,
        database=database,
        record_many=queue.record_many,
        admitted=queue.admitted,
        authentication=authentication,
    )
    systems = served_systems(core)
    ledger = open_ledger(settings, database, queue, interaction_tracer(settings, database))
    keep = open_rejects(settings, database).keep if settings.keep_rejects else None
    usage_record = usage_record_endpoint(settings, queue, SoapRejects(USAGE_RECORD_REJECT, keep), authentication)
    usage_ledger = usage_ledger_endpoint(settings, queue, ledger, SoapRejects(LEDGER_REJECT, keep), authentication)

    @asynccontextmanager
    async def opened() -> AsyncIterator[None]:
        try:
            async with AsyncExitStack() as parts:
                await parts.enter_async_context(queue.opened())
                for system in systems:
                    await parts.enter_async_context(system.opened())
                yield
        finally:
            await asyncio.to_thread(database.close)

    hot = dict.fromkeys(USAGE_RECORD_PATHS, usage_record) | {USAGE_LEDGER_PATH: usage_ledger}
    return Front(
        hot={**hot, **{path: app for system in systems for path, app in system.hot.items()}},
        mounts={
            "/UsageRecordService": usage_record,
            **{path: app for system in systems for path, app in system.mounts.items()},
        },
        routes=[
            *health_routes(Readiness(state, queue, probe)),
            *contract_routes(contract_documents(settings)),
            *(route for system in systems for route in system.routes),
        ],
        opened=opened,
        direct=dict.fromkeys(USAGE_RECORD_PATHS, usage_record.answer_directly),
    )
