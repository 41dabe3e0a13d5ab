"""Wiring: the only module that knows every edge. Everything is built here from settings and handed over by argument."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from usage_service import catalog, record_ids
from usage_service.asgi import AsgiApp
from usage_service.async_callers import AsyncCallers
from usage_service.async_recorder import AsyncRecorder
from usage_service.call_notification_wiring import build_call_notification
from usage_service.callers import load_callers
from usage_service.http_callers import HttpCallers, TrustedProxies
from usage_service.recorder import Recorder
from usage_service.settings import Settings
from usage_service.soap.admission import Admission
from usage_service.soap.answer import ResponseTemplate
from usage_service.soap.contract import contract_folder, contract_schema, served_contract
from usage_service.soap.endpoint import SoapEndpoint
from usage_service.soap.fast_lane import FastLane
from usage_service.soap.nonces import NonceFolder
from usage_service.soap.spyne_lane import Call, build_wsgi
from usage_service.soap.username_token import TokenCallers
from usage_service.soap.write_request import MakeRecord, WriteRequest
from usage_service.store.adjustments import Adjustments
from usage_service.store.database import Database, open_database
from usage_service.store.periods import Periods
from usage_service.store.schema import require_schema, upgrade_schema
from usage_service.store.writing import IssueIds, RecordWriter
from usage_service.web.contracts import contract_routes
from usage_service.web.front import Front
from usage_service.web.health import health_routes

USAGE_RECORD_CONTRACTS = (
    (b"wsdl", "UsageRecord.wsdl"),
    (b"wsdl=unqualified", "UsageRecord-unqualified.wsdl"),
)
CHALLENGES = {
    "basic": b'Basic realm="usage-service", charset="UTF-8"',
    "username_token": b'WSSE realm="usage-service", profile="UsernameToken"',
    "proxy_certificate": b'Certificate realm="usage-service"',
}
USAGE_RECORD_PATHS = ("/UsageRecordService/services/UsageRecord", "/soap/usage-record")


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
        {service: catalog.Mode(mode) for service, mode in settings.catalog_by_service.items()},
        catalog.Mode(settings.catalog),
    )
    return Recorder(
        RecordWriter(database, host=settings.host, issue_ids=issue_ids(settings)),
        inspect=gate.admit,
        queue_limit=settings.queue_limit,
        group_limit=settings.group_limit,
    )


def public_address(settings: Settings) -> str:
    """The URL of the Usage Record component as clients see it."""
    base = settings.public_url.rstrip("/") or f"http://localhost:{settings.port}"
    return base + USAGE_RECORD_PATHS[0]


def build_app(settings: Settings) -> AsgiApp:
    """The whole service. Nothing is opened before the server starts it."""
    database = open_store(settings)
    recorder: Recorder
    soon: AsyncRecorder

    calls = (
        build_call_notification(
            settings,
            database,
            record=lambda record: recorder.record(record),  # noqa: PLW0108 - there is no recorder yet
            issue_ids=issue_ids(settings),
            admission=open_admission(settings),
        )
        if settings.call_events_token
        else None
    )

    @asynccontextmanager
    async def opened() -> AsyncIterator[None]:
        nonlocal recorder, soon
        recorder = open_recorder(settings, database)
        soon = AsyncRecorder(recorder, asyncio.get_running_loop())
        if calls:
            calls.background.start()
        try:
            yield
        finally:
            if calls:
                await asyncio.to_thread(calls.background.stop)
            await asyncio.to_thread(recorder.close)
            database.close()

    wire_id = _wire_id(settings)

    async def record_soon(record: Any) -> str:
        return wire_id((await soon.record(record)).record_id)

    endpoint = _usage_record_endpoint(settings, lambda record: wire_id(recorder.record(record).record_id), record_soon)
    return Front(
        hot={**dict.fromkeys(USAGE_RECORD_PATHS, endpoint), **(calls.managers if calls else {})},
        mounts={"/UsageRecordService": endpoint},
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
    settings: Settings, record_now: Callable[[Any], str], record_soon: Callable[[Any], Awaitable[str]]
) -> SoapEndpoint:
    folder = contract_folder(settings.wsdl_folder)
    aliases = frozenset(settings.alias_namespaces)
    make_record = MakeRecord(settings.unequal_arrays == "lenient", settings.usage_policies)

    def write(call: Call, request: WriteRequest) -> str:
        remarks = (f"unknown_elements:{call.unknown_elements}",) if call.unknown_elements else ()
        address = call.environ.get("REMOTE_ADDR")
        return record_now(
            make_record(request, call.context, caller_address=address, caller=call.caller, remarks=remarks)
        )

    return SoapEndpoint(
        contracts={
            query: served_contract(folder / file, public_address(settings)) for query, file in USAGE_RECORD_CONTRACTS
        },
        wsgi=build_wsgi(
            write,
            contract_schema(folder / "UsageRecordInterface.wsdl"),
            aliases=aliases,
            response_child=settings.response_child_name,
        ),
        read_fast=FastLane(make_record, aliases).read if settings.fast_lane else None,
        record_soon=record_soon,
        response=ResponseTemplate(settings.response_child_name),
        max_body_bytes=settings.max_body_bytes,
        admission=open_admission(settings),
    )


def _contracts(settings: Settings) -> dict[str, bytes]:
    """Every WSDL file under every folder that a relative import can be resolved against."""
    folders = {path.rpartition("/")[0] for path in USAGE_RECORD_PATHS}
    address = public_address(settings)
    return {
        f"{folder}/{file.name}": served_contract(file, address)
        for folder in folders
        for file in contract_folder(settings.wsdl_folder).glob("*.wsdl")
    }
