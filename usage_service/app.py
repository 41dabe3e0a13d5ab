"""The whole service as one ASGI application."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from usage_service.http.asgi import AsgiApp
from usage_service.http.contracts import contract_routes
from usage_service.http.front import Front
from usage_service.http.health import health_routes
from usage_service.ledger.async_recorder import AsyncRecorder, SettleOne
from usage_service.ledger.model import Outcome
from usage_service.ledger.recorder import Item, Recorder
from usage_service.ledger.services import Ledger
from usage_service.ledger.system import issue_ids, open_recorder, open_rejects, open_store, opened_async_recorder
from usage_service.record import UsageRecord
from usage_service.settings import Settings
from usage_service.soap.endpoints import (
    USAGE_BILLING_PATH,
    USAGE_LEDGER_PATH,
    USAGE_RECORD_PATHS,
    contract_documents,
    open_ledger,
    public_address,
    usage_ledger_endpoint,
    usage_record_endpoint,
)
from usage_service.soap.rejects import LEDGER_REJECT, USAGE_RECORD_REJECT, Refusals
from usage_service.systems.bridge_billing.system import usage_billing_endpoint
from usage_service.systems.call_notification.system import build_call_notification
from usage_service.systems.pexip.system import build_edge
from usage_service.wiring.admission import open_admission


def build_app(settings: Settings) -> AsgiApp:
    """The whole service. Nothing is opened before the server starts it."""
    database = open_store(settings)
    pexip = build_edge(settings, database)
    recorder: Recorder
    soon: AsyncRecorder
    ledger: Ledger

    def record_many(items: Sequence[Item]) -> list[Outcome]:
        return recorder.record_many(items)

    def admit(record: UsageRecord) -> UsageRecord:
        return recorder.admitted(record)

    admission = open_admission(settings)
    calls = (
        build_call_notification(
            settings,
            database,
            record_many=record_many,
            admit=admit,
            issue_ids=issue_ids(settings),
            admission=admission,
        )
        if settings.call_events_token
        else None
    )

    @asynccontextmanager
    async def opened() -> AsyncIterator[None]:
        nonlocal recorder, soon, ledger
        recorder = open_recorder(settings, database)
        ledger = open_ledger(settings, database, recorder)
        if calls:
            calls.background.start()
        try:
            async with AsyncExitStack() as edges:
                soon = await edges.enter_async_context(opened_async_recorder(settings, database, recorder))
                if pexip:
                    await edges.enter_async_context(pexip.opened())
                yield
        finally:
            if calls:
                await asyncio.to_thread(calls.background.stop)
            await asyncio.to_thread(recorder.close)
            database.close()

    def submit(record: UsageRecord, settle: SettleOne) -> None:
        soon.submit(record, settle)

    async def record_many_soon(items: Sequence[Item], *, atomic: bool = False) -> list[Outcome]:
        return await soon.record_many(items, atomic=atomic)

    keep = open_rejects(settings, database).keep if settings.keep_rejects else None
    usage_record = usage_record_endpoint(
        settings,
        lambda record: recorder.record(record).record_id,
        submit,
        Refusals(USAGE_RECORD_REJECT, keep),
        admission,
    )
    usage_ledger = usage_ledger_endpoint(
        settings,
        lambda: ledger,
        record_many_soon,
        Refusals(LEDGER_REJECT, keep),
        admission,
    )
    usage_billing = usage_billing_endpoint(settings, database, public_address(settings, USAGE_BILLING_PATH), admission)
    return Front(
        hot={
            **dict.fromkeys(USAGE_RECORD_PATHS, usage_record),
            USAGE_LEDGER_PATH: usage_ledger,
            USAGE_BILLING_PATH: usage_billing,
            **(pexip.hot if pexip else {}),
            **(calls.managers if calls else {}),
        },
        mounts={"/UsageRecordService": usage_record, **(pexip.mounts if pexip else {})},
        routes=[
            *health_routes(database.check),
            *contract_routes(contract_documents(settings)),
            *(calls.routes if calls else ()),
        ],
        opened=opened,
        direct=dict.fromkeys(USAGE_RECORD_PATHS, usage_record.answer_directly),
    )
