"""Wiring: the only module that knows every edge. Everything is built here from settings and handed over by argument."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from usage_service import catalog, record_ids
from usage_service.asgi import AsgiApp
from usage_service.async_callers import AsyncCallers
from usage_service.async_recorder import AsyncRecorder
from usage_service.call_notification_wiring import build_call_notification
from usage_service.callers import load_callers
from usage_service.http_callers import HttpCallers, TrustedProxies
from usage_service.ledger.replaying import Replays
from usage_service.ledger.services import Ledger
from usage_service.pexip_wiring import build_edge
from usage_service.record import UsageRecord
from usage_service.recorder import Item, Recorder
from usage_service.settings import Settings
from usage_service.soap.admission import Admission
from usage_service.soap.answer import ResponseTemplate
from usage_service.soap.batch_lane import BatchLane, FastBatches, RecordManySoon
from usage_service.soap.contract import contract_folder, contract_schema, schema_element, served_contract
from usage_service.soap.endpoint import SoapEndpoint
from usage_service.soap.fast_lane import FastLane, FastWrites, RecordSoon
from usage_service.soap.faults import LEDGER_FAULT, LEDGER_FORM
from usage_service.soap.nonces import NonceFolder
from usage_service.soap.refusals import LEDGER_REJECT, USAGE_RECORD_REJECT, Refusals
from usage_service.soap.spyne_models import models_of
from usage_service.soap.usage_ledger_service import (
    LedgerOperations,
    UsageLedgerContract,
    build_usage_ledger_wsgi,
)
from usage_service.soap.usage_record_service import (
    RecordNow,
    RecordReader,
    UsageRecordContract,
    build_usage_record_wsgi,
)
from usage_service.soap.username_token import TokenCallers
from usage_service.soap.write_request import MakeRecord
from usage_service.sources.genesys.usage import CALL_SERVICE, INTERACTION_SERVICE
from usage_service.store.adjustments import Adjustments
from usage_service.store.completeness import SourceSequences
from usage_service.store.database import Database, open_database
from usage_service.store.periods import Periods
from usage_service.store.records import Records
from usage_service.store.rejects import Rejects
from usage_service.store.schema import require_schema, upgrade_schema
from usage_service.store.summaries import Summaries
from usage_service.store.writing import IssueIds, Outcome, RecordWriter
from usage_service.web.contracts import contract_routes
from usage_service.web.front import Front
from usage_service.web.health import health_routes
from usage_service.wiring_billing import USAGE_BILLING_CONTRACT, USAGE_BILLING_PATH, usage_billing_endpoint

USAGE_RECORD_CONTRACTS = (
    (b"wsdl", "UsageRecord.wsdl"),
    (b"wsdl=unqualified", "UsageRecord-unqualified.wsdl"),
)
CHALLENGES = {
    "basic": b'Basic realm="usage-service", charset="UTF-8"',
    "username_token": b'WSSE realm="usage-service", profile="UsernameToken"',
    "proxy_certificate": b'Certificate realm="usage-service"',
}
OWN_SERVICES = dict[str, str].fromkeys((CALL_SERVICE, INTERACTION_SERVICE), "off")
"""Services whose records we write ourselves: the catalogue, which is of other people's, does not know them."""

USAGE_RECORD_PATHS = ("/UsageRecordService/services/UsageRecord", "/soap/usage-record")
USAGE_LEDGER_CONTRACT = "UsageLedger.wsdl"
USAGE_LEDGER_PATH = "/soap/usage-ledger"


def open_store(settings: Settings) -> Database:
    """The database, with a schema that fits: SQLite files are brought up to date, servers only checked."""
    database = open_database(settings.database)
    if database.dialect == "sqlite":
        upgrade_schema(database)
    else:
        require_schema(database)
    return database


def load_catalog(settings: Settings) -> catalog.Catalog:
    """The event catalogue with the operator's own additions."""
    return catalog.load(Path(settings.catalog_folder) if settings.catalog_folder else None)


def issue_ids(settings: Settings) -> IssueIds:
    """How record ids are made."""
    numeric = settings.response_child_type == "long"
    return record_ids.new_numeric_record_ids if numeric else record_ids.new_record_ids


def open_adjustments(settings: Settings, database: Database) -> Adjustments:
    """What voids and corrects records of this database."""
    return Adjustments(database, host=settings.host, issue_id=lambda: issue_ids(settings)(1)[0])


def open_periods(settings: Settings, database: Database) -> Periods:
    """What closes and reopens periods of this database."""
    return Periods(database, issue_id=lambda: issue_ids(settings)(1)[0])


def open_recorder(settings: Settings, database: Database) -> Recorder:
    """A recorder that writes to this database."""
    gate = catalog.Gate(
        load_catalog(settings),
        {service: catalog.Mode(mode) for service, mode in (OWN_SERVICES | settings.catalog_by_service).items()},
        catalog.Mode(settings.catalog),
    )
    return Recorder(
        RecordWriter(database, host=settings.host, issue_ids=issue_ids(settings)),
        inspect=gate.admit,
        once_by_content=settings.once_by_content,
        queue_limit=settings.queue_limit,
        group_limit=settings.group_limit,
    )


def open_rejects(settings: Settings, database: Database) -> Rejects:
    """What keeps and finds rejects of this database."""
    return Rejects(database, issue_ids=issue_ids(settings), body_limit=settings.reject_body_bytes)


def open_replays(settings: Settings, database: Database, recorder: Recorder) -> Replays:
    """What replays the rejects of this database."""
    readers = {
        USAGE_RECORD_REJECT: record_reader(settings).again,
        LEDGER_REJECT: ledger_contract(settings).again,
    }
    return Replays(open_rejects(settings, database), recorder.record_many, readers)


def open_ledger(settings: Settings, database: Database, recorder: Recorder) -> Ledger:
    """Everything that the operations of the Usage Ledger call."""
    return Ledger(
        record_many=recorder.record_many,
        records=Records(database),
        adjustments=open_adjustments(settings, database),
        periods=open_periods(settings, database),
        sequences=SourceSequences(database),
        summaries=Summaries(database),
        rejects=open_rejects(settings, database),
        replays=open_replays(settings, database, recorder),
    )


def record_reader(settings: Settings) -> RecordReader:
    """What reads requests of the Usage Record component."""
    schema = contract_schema(contract_folder(settings.wsdl_folder) / "UsageRecordInterface.wsdl")
    contract = UsageRecordContract(schema, frozenset(settings.alias_namespaces), settings.element_form)
    return RecordReader(contract, MakeRecord(settings.unequal_arrays == "lenient", settings.usage_policies))


def ledger_contract(settings: Settings) -> UsageLedgerContract:
    """What reads requests of the Usage Ledger."""
    return UsageLedgerContract(contract_schema(contract_folder(settings.wsdl_folder) / USAGE_LEDGER_CONTRACT))


def public_address(settings: Settings, path: str = USAGE_RECORD_PATHS[0]) -> str:
    """The URL of a contract's endpoint as clients see it."""
    return (settings.public_url.rstrip("/") or f"http://localhost:{settings.port}") + path


def build_app(settings: Settings) -> AsgiApp:
    """The whole service. Nothing is opened before the server starts it."""
    database = open_store(settings)
    pexip = build_edge(settings, database)
    recorder: Recorder
    soon: AsyncRecorder
    ledger: Ledger

    admission = open_admission(settings)
    calls = (
        build_call_notification(
            settings,
            database,
            record=lambda record: recorder.record(record),  # noqa: PLW0108 - there is no recorder yet
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
        soon = AsyncRecorder(recorder, asyncio.get_running_loop())
        if calls:
            calls.background.start()
        try:
            async with AsyncExitStack() as edges:
                if pexip:
                    await edges.enter_async_context(pexip.opened(recorder))
                yield
        finally:
            if calls:
                await asyncio.to_thread(calls.background.stop)
            await asyncio.to_thread(recorder.close)
            database.close()

    wire_id = _wire_id(settings)

    async def record_soon(record: UsageRecord) -> str:
        return wire_id((await soon.record(record)).record_id)

    async def record_many_soon(items: Sequence[Item], *, atomic: bool = False) -> list[Outcome]:
        return await soon.record_many(items, atomic=atomic)

    keep = open_rejects(settings, database).keep if settings.keep_rejects else None
    usage_record = _usage_record_endpoint(
        settings,
        lambda record: wire_id(recorder.record(record).record_id),
        record_soon,
        Refusals(USAGE_RECORD_REJECT, keep),
        admission,
    )
    usage_ledger = _usage_ledger_endpoint(
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
            *contract_routes(_contracts(settings)),
            *(calls.routes if calls else ()),
        ],
        opened=opened,
    )


def open_admission(settings: Settings) -> Admission | None:
    """The checks of `auth_modes`; None when there are none."""
    modes = set(settings.auth_modes) - {"none"}
    if not modes:
        return None
    callers = AsyncCallers(load_callers(Path(settings.callers_file)))
    proxies = TrustedProxies(settings.proxy_subject_header, settings.trusted_proxies)
    http = HttpCallers(callers, basic="basic" in modes, proxies=proxies if "proxy_certificate" in modes else None)
    fresh = timedelta(seconds=settings.token_seconds)
    nonces = NonceFolder(nonce_folder(settings), seconds=2 * settings.token_seconds)
    challenges = [(b"www-authenticate", CHALLENGES[mode]) for mode in sorted(modes)]
    return Admission(http, TokenCallers(callers, nonces, fresh) if "username_token" in modes else None, challenges)


def nonce_folder(settings: Settings) -> Path:
    """Where the workers of this service keep used nonces."""
    private = Path(tempfile.gettempdir()) / f"usage-service-{os.getuid()}-{settings.port}-nonces"
    return Path(settings.nonce_folder) if settings.nonce_folder else private


def _wire_id(settings: Settings) -> Callable[[str], str]:
    if settings.response_child_type == "long":
        return lambda record_id: str(record_ids.number_from_record_id(record_id))
    return lambda record_id: record_id


def _usage_record_endpoint(
    settings: Settings,
    record_now: RecordNow,
    record_soon: RecordSoon,
    refusals: Refusals,
    admission: Admission | None,
) -> SoapEndpoint:
    folder = contract_folder(settings.wsdl_folder)
    reader = record_reader(settings)
    response_child = settings.response_child_name
    lane = FastLane(reader.make_record, reader.contract.aliases, reader.contract.element_form)
    return SoapEndpoint(
        contracts={
            query: served_contract(folder / file, public_address(settings)) for query, file in USAGE_RECORD_CONTRACTS
        },
        wsgi=build_usage_record_wsgi(reader, record_now, refusals.keep_request, response_child=response_child),
        answer_fast=FastWrites(lane, record_soon, ResponseTemplate(response_child)).answer
        if settings.fast_lane
        else None,
        max_body_bytes=settings.max_body_bytes,
        admission=admission,
        form=reader.contract.form,
    )


def _usage_ledger_endpoint(
    settings: Settings,
    ledger: Callable[[], Ledger],
    record_many_soon: RecordManySoon,
    refusals: Refusals,
    admission: Admission | None,
) -> SoapEndpoint:
    file = contract_folder(settings.wsdl_folder) / USAGE_LEDGER_CONTRACT
    contract = ledger_contract(settings)
    operations = LedgerOperations(ledger, refusals).table()
    lane = BatchLane(contract.schema, contract.max_nodes)
    return SoapEndpoint(
        contracts={b"wsdl": served_contract(file, public_address(settings, USAGE_LEDGER_PATH))},
        wsgi=build_usage_ledger_wsgi(contract, models_of(schema_element(file)), operations, refusals),
        answer_fast=FastBatches(lane, record_many_soon, refusals).answer if settings.fast_lane else None,
        max_body_bytes=settings.max_batch_bytes,
        admission=admission,
        form=LEDGER_FORM,
        fault=LEDGER_FAULT,
    )


def _contracts(settings: Settings) -> dict[str, bytes]:
    """Every WSDL file under every folder that a relative import can be resolved against."""
    folders = {path.rpartition("/")[0] for path in USAGE_RECORD_PATHS}
    return {
        f"{folder}/{file.name}": served_contract(file, public_address(settings, _path_of(file)))
        for folder in folders
        for file in contract_folder(settings.wsdl_folder).glob("*.wsdl")
    }


def _path_of(contract: Path) -> str:
    paths = {USAGE_LEDGER_CONTRACT: USAGE_LEDGER_PATH, USAGE_BILLING_CONTRACT: USAGE_BILLING_PATH}
    return paths.get(contract.name, USAGE_RECORD_PATHS[0])
