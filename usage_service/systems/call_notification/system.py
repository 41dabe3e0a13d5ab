"""The wiring of Call Notification: built from settings, part of the service when the SIP proxy's token is set."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from usage_service.auth.authentication import Authentication
from usage_service.backoff import Backoff
from usage_service.client.trust import Trust
from usage_service.database.database import Database
from usage_service.http.asgi import AsgiApp
from usage_service.http.contracts import contract_routes
from usage_service.ledger.completeness import SourceSequences
from usage_service.ledger.model import Reject
from usage_service.ledger.rejects import Rejects
from usage_service.ledger.system import issue_ids
from usage_service.settings import Settings
from usage_service.soap.endpoint import SoapEndpoint
from usage_service.soap.schema import contract_folder, served_contract, served_contracts
from usage_service.systems.call_notification.background import Background
from usage_service.systems.call_notification.call_control import CallControl
from usage_service.systems.call_notification.callbacks import EndpointGuard, SoapApplications
from usage_service.systems.call_notification.delivering import Delivery, DeliveryRules, DeliveryThreads
from usage_service.systems.call_notification.event_intake import CallListener, RejectedEvent
from usage_service.systems.call_notification.http import call_event_routes
from usage_service.systems.call_notification.recording import Recording
from usage_service.systems.call_notification.responses import PRESETS, ResponseMapping, response_codes
from usage_service.systems.call_notification.settings import CallNotificationSettings
from usage_service.systems.call_notification.soap import MANAGER_FAULT, MANAGER_FORM, build_managers_wsgi
from usage_service.systems.call_notification.store import CallNotices, CallStates, CallSubscriptions
from usage_service.systems.call_notification.subscribing import Subscribing
from usage_service.systems.call_notification.subscriptions import StartRequest
from usage_service.systems.call_notification.versions import CallbackVersion, SubscriptionKind
from usage_service.systems.system import Core, Served, System

MANAGERS = {
    "CallNotificationManager": (
        ("", "3.0/parlayx_call_notification_manager_service_3_2.wsdl"),
        ("2.1", "2.1/parlayx_call_notification_manager_service_2_3.wsdl"),
        ("3.8", "3.8/parlayx_call_notification_manager_service_3_8.wsdl"),
    ),
    "CallDirectionManager": (
        ("", "3.0/parlayx_call_direction_manager_service_3_1.wsdl"),
        ("2.1", "2.1/parlayx_call_direction_manager_service_2_3.wsdl"),
    ),
}


def manager_path(name: str) -> str:
    """Where a manager is served; the address in Parlay X's own WSDL files."""
    return f"/{name}Service/services/{name}"


def serve_call_notification(core: Core) -> Served | None:
    """The managers, the proxy's endpoint and the delivery of notices; None without the SIP proxy's token."""
    settings, database = core.settings, core.database
    group = settings.group(CallNotificationSettings)
    if not group.events_token:
        return None
    ids = issue_ids(settings)

    def issue_id() -> str:
        return ids(1)[0]

    mapping = response_mapping(group)
    guard = EndpointGuard(group.application_endpoints)
    recording = Recording(core.record_many, admit=core.admitted, service=group.service_name)
    subscriptions = CallSubscriptions(database, host=settings.host, issue_id=issue_id)
    applications = SoapApplications(
        guard,
        notify_timeout=group.delivery_timeout_seconds,
        ask_timeout=group.direction_timeout_seconds,
        px21_send_correlator=group.px21_send_correlator,
        trust=Trust.of(group.ca_bundle, group.client_certificate),
    )
    rules = delivery_rules(group)
    outbox = CallNotices(database)
    listener = open_listener(group, database, ids, mapping)
    deliveries = DeliveryThreads(outbox, subscriptions.get, Delivery(outbox, applications, recording, rules), rules)
    background = Background(deliveries, listener.tidy)
    subscribing = Subscribing(
        subscriptions,
        recording,
        issue_id=issue_id,
        allowed=guard.allows,
        stop_is_lenient=group.stop_unknown_correlator == "ignore",
    )
    call_control = CallControl(subscriptions.holders, applications, mapping)

    def take(events: Sequence[object]) -> None:
        if listener.take(events, datetime.now(UTC)):
            background.wake()

    return Served(
        hot=_managers(settings, subscribing, core.authentication),
        routes=[
            *call_event_routes(group.events_token, take, call_control.answer),
            *contract_routes(_contracts(settings)),
        ],
        opened=partial(_running, background),
    )


@asynccontextmanager
async def _running(background: Background) -> AsyncIterator[None]:
    """Notices that are on their way arrive before the block ends."""
    background.start()
    try:
        yield
    finally:
        await asyncio.to_thread(background.stop)


def response_mapping(settings: CallNotificationSettings) -> ResponseMapping:
    """Which SIP response is which event: the preset with the operator's lists."""
    mapping = PRESETS[settings.response_preset]
    if settings.busy_codes:
        mapping = replace(mapping, busy=response_codes(settings.busy_codes))
    if settings.no_answer_codes:
        mapping = replace(mapping, no_answer=response_codes(settings.no_answer_codes))
    return mapping


def delivery_rules(settings: CallNotificationSettings) -> DeliveryRules:
    """How hard delivery is tried."""
    return DeliveryRules(
        retries=settings.delivery_retries,
        backoff=Backoff(first=settings.delivery_retry_seconds, longest=600.0),
        concurrency=settings.delivery_concurrency,
        patience=timedelta(seconds=settings.delivery_timeout_seconds),
        record_outcome=settings.record_outcome,
    )


def open_listener(
    settings: CallNotificationSettings,
    database: Database,
    issue_ids: Callable[[int], list[str]],
    mapping: ResponseMapping,
) -> CallListener:
    """What takes the proxy's events."""
    rejects = Rejects(database, issue_ids=issue_ids)

    def keep(rejected: Sequence[RejectedEvent]) -> None:
        rejects.keep(
            Reject(
                source="sip",
                message_id="UREC0001E",
                reason=each.reason,
                body=json.dumps(each.document).encode(),
                content_type="application/json",
            )
            for each in rejected
        )

    return CallListener(
        CallStates(database, kind=SubscriptionKind.NOTIFICATION.value, issue_ids=issue_ids),
        mapping,
        note_numbers=SourceSequences(database).note,
        keep_rejects=keep,
        settle_after=timedelta(seconds=settings.settle_seconds),
        forget_after=timedelta(seconds=settings.keep_call_seconds),
    )


def _managers(
    settings: Settings, subscribing: Subscribing, authentication: Authentication | None
) -> dict[str, AsgiApp]:
    version = settings.group(CallNotificationSettings).callback_version

    def start(request: StartRequest, transaction_id: str) -> None:
        if version != "as_subscribed":
            request = replace(request, callback=CallbackVersion(version))
        subscribing.start(request, transaction_id)

    wsgi = build_managers_wsgi(start, subscribing.stop, service=settings.group(CallNotificationSettings).service_name)
    folder = contract_folder(settings.wsdl_folder) / "parlayx"
    return {
        manager_path(name): SoapEndpoint(
            contracts=served_contracts(folder, contracts, _address(settings, name)),
            wsgi=wsgi,
            answer_fast=None,
            max_body_bytes=settings.max_body_bytes,
            authentication=authentication,
            form=MANAGER_FORM,
            fault=MANAGER_FAULT,
        )
        for name, contracts in MANAGERS.items()
    }


def _contracts(settings: Settings) -> dict[str, bytes]:
    """Every contract file beside each manager, so that relative imports resolve."""
    files = sorted((contract_folder(settings.wsdl_folder) / "parlayx").glob("*/parlayx_*"))
    return {
        f"/{name}Service/services/{file.name}": served_contract(file, _address(settings, name))
        for name in MANAGERS
        for file in files
    }


def _address(settings: Settings, name: str) -> str:
    base = settings.public_url.rstrip("/") or f"http://localhost:{settings.port}"
    return base + manager_path(name)


CALL_NOTIFICATION = System(settings=CallNotificationSettings, catalog=(), serve=serve_call_notification)
"""Parlay X Call Notification and Call Direction over SIP/IMS."""
