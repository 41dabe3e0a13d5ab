"""Parlay X exceptions as SOAP faults: exactly one ServiceException or PolicyException in `detail` (ETSI ES 202 391-1).

The exception element belongs to the common namespace of the request's generation, its children to none.

CallNotificationManager and CallDirectionManager behind Spyne, in every version of their namespaces at once.

The versions differ in their namespace and in few elements. So a request is read by local names into one form, which
Spyne dispatches and maps, and its answer is written in the namespace the request came in. Applications are known to
qualify the children of `reference` in one way or another; all are taken, the standard one is sent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from lxml import etree

from usage_service.errors import CallerError, NotAllowed, Unreadable, UsageServiceError
from usage_service.soap.engine import (
    Call,
    ComplexModel,
    Models,
    Operation,
    Unicode,
    Wsgi,
    mirror,
    not_kept,
    service_of,
    wsgi_of,
)
from usage_service.soap.envelope import MAX_NODES, Envelope, local_name, namespace_of, qualified
from usage_service.soap.faults import FaultShape, WireForm, fault_parts
from usage_service.soap.headers import read_headers
from usage_service.systems.call_notification.faults import (
    INTERNAL_FAULT,
    InvalidChoice,
    NotPermitted,
    ParlayXFault,
    PolicyException,
)
from usage_service.systems.call_notification.subscriptions import StartRequest, StopRequest
from usage_service.systems.call_notification.versions import (
    SCHEMA,
    CallbackVersion,
    SubscriptionKind,
    callback_version,
    is_manager_namespace,
)

COMMON_2 = "http://www.csapi.org/schema/parlayx/common/v2_1"
COMMON_3 = "http://www.csapi.org/schema/parlayx/common/v3_1"


class ParlayXExceptions:
    """How the notification managers state errors."""

    def envelope(self, error: UsageServiceError, form: WireForm) -> etree._Element:
        """The SOAP envelope that states this error."""
        message_id, text, variables = _message(error)
        name = "PolicyException" if isinstance(error, PolicyException) else "ServiceException"
        common = COMMON_2 if callback_version(form.namespace) is CallbackVersion.V2_2 else COMMON_3
        envelope, detail = fault_parts("Client" if isinstance(error, CallerError) else "Server", str(error))
        exception = etree.SubElement(detail, qualified(common, name), nsmap={"common": common})
        parts = (("messageId", message_id), ("text", text), *(("variables", value) for value in variables))
        for child, content in parts:
            etree.SubElement(exception, child).text = content
        return envelope


def _message(error: UsageServiceError) -> tuple[str, str, tuple[str, ...]]:
    if isinstance(error, ParlayXFault):
        return error.message_id, error.text, error.variables
    message_id, text = INTERNAL_FAULT
    return message_id, text, (type(error).__name__,)


MANAGER_FORM = WireForm(f"{SCHEMA}/call_notification/notification_manager/v3_1/local")
"""The one form in which Spyne knows the operations of both managers; answers have their request's."""
MANAGER_FAULT = ParlayXExceptions()

ANONYMOUS = "anonymous"
"""The requester of an operation whose header names none."""

Start = Callable[[StartRequest, str], None]
Stop = Callable[[StopRequest, str], None]

_TEXT, _TEXTS = Unicode(min_occurs=0), Unicode(max_occurs="unbounded")


@dataclass(frozen=True, slots=True)
class ManagersContract:
    """Both managers: the namespace of a request says which one it is for."""

    form: WireForm = MANAGER_FORM
    fault: FaultShape = MANAGER_FAULT
    max_nodes: int = MAX_NODES

    def read(self, envelope: Envelope, call: Call) -> etree._Element:
        """The request in the one form."""
        namespace = namespace_of(envelope.operation.tag)
        if not is_manager_namespace(namespace):
            raise Unreadable(f"{namespace[:200]} is not the namespace of a notification manager")
        call.context = read_headers(envelope.header)
        call.form = WireForm(namespace)
        call.operation = local_name(envelope.operation.tag)
        return _in_one_form(envelope.operation)

    def shape(self, answer: etree._Element, call: Call) -> None:
        """In the namespace of the request."""
        mirror(answer, call.form)


def _in_one_form(element: etree._Element) -> etree._Element:
    for each in element.iter():
        each.tag = qualified(MANAGER_FORM.namespace, local_name(each.tag))
        each.attrib.clear()
    return element


def build_managers_wsgi(start: Start, stop: Stop, *, service: str) -> Wsgi:
    """Both managers as one WSGI application, for callers that may write records of this service."""

    def run_start(call: Call, request: Any) -> dict[str, Any]:
        _require(call, service)
        start(_start_request(call, request), _transaction_id(call))
        return {}

    def run_stop(call: Call, request: Any) -> dict[str, Any]:
        _require(call, service)
        asked = StopRequest(
            kind=_kind(call),
            correlator=request.correlator or "",
            requester=_requester(call),
            principal=call.posted.principal,
        )
        stop(asked, _transaction_id(call))
        return {}

    reference = _model("SimpleReference", {"endpoint": _TEXT, "interfaceName": _TEXT, "correlator": _TEXT})
    starting = {"reference": reference, "addresses": _TEXTS, "criteria": _TEXTS, "addressDirection": _TEXT}
    models: Models = {}
    operations: dict[str, Operation] = {}
    for subject in ("CallNotification", "CallDirectionNotification"):
        for verb, fields, run in (("start", starting, run_start), ("stop", {"correlator": _TEXT}, run_stop)):
            name = f"{verb}{subject}"
            operations[name] = run
            models |= {name: _model(name, fields), f"{name}Response": _model(f"{name}Response", {})}
    return wsgi_of(service_of("NotificationManagers", models, operations), ManagersContract(), not_kept)


def _require(call: Call, service: str) -> None:
    try:
        call.posted.require(service)
    except NotAllowed as error:
        raise NotPermitted("NotAllowed") from error


def _model(name: str, fields: dict[str, Any]) -> Any:
    members = {"__namespace__": MANAGER_FORM.namespace, "_type_info": list(fields.items())}
    return type(name, (ComplexModel,), members)


def _kind(call: Call) -> SubscriptionKind:
    is_direction = "/call_direction/" in call.form.namespace
    return SubscriptionKind.DIRECTION if is_direction else SubscriptionKind.NOTIFICATION


def _requester(call: Call) -> str:
    return call.context.requester or call.posted.principal or ANONYMOUS


def _transaction_id(call: Call) -> str:
    return call.context.transaction_id or str(uuid4())


def _start_request(call: Call, request: Any) -> StartRequest:
    if request.addressDirection not in (None, "Called"):
        raise InvalidChoice("addressDirection", "Called")
    reference = request.reference
    return StartRequest(
        kind=_kind(call),
        correlator=(reference and reference.correlator) or "",
        endpoint=(reference and reference.endpoint) or "",
        interface_name=(reference and reference.interfaceName) or "",
        addresses=tuple(address or "" for address in request.addresses or ()),
        criteria=tuple(name or "" for name in request.criteria or ()),
        callback=callback_version(call.form.namespace),
        requester=_requester(call),
        principal=call.posted.principal,
        received=datetime.now(UTC),
    )
