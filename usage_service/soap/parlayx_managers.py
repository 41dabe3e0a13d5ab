"""CallNotificationManager and CallDirectionManager behind Spyne, in every version of their namespaces at once.

The versions differ in their namespace and in few elements. So a request is read by local names into one form, which
Spyne dispatches and maps, and its answer is written in the namespace the request came in. Applications are known to
qualify the children of `reference` in one way or another; all are taken, the standard one is sent.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from lxml import etree

from usage_service.callers import Caller
from usage_service.callnotification.faults import InvalidChoice
from usage_service.callnotification.subscriptions import StartRequest, StopRequest
from usage_service.callnotification.versions import (
    SCHEMA,
    CallbackVersion,
    SubscriptionKind,
    callback_version,
    is_manager_namespace,
)
from usage_service.errors import CallerError, Unreadable, UsageServiceError
from usage_service.soap.envelope import read_envelope
from usage_service.soap.headers import NO_CONTEXT, CallContext, read_headers
from usage_service.soap.names import local_name, namespace_of, qualified
from usage_service.soap.parlayx_faults import COMMON_2, COMMON_3, parlayx_fault
from usage_service.soap.spyne_door import (
    Application,
    ComplexModel,
    Fault,
    ServiceBase,
    Soap11,
    Unicode,
    WsgiApplication,
    rpc,
)
from usage_service.soap.spyne_lane import CALLER, error_of

ONE_FORM = "urn:usage-service:call-notification-manager"
"""The namespace in which Spyne knows the operations of both managers; never on the wire."""

ANONYMOUS = "anonymous"
"""The requester of an operation whose header names none."""

Start = Callable[[StartRequest, str], None]
Stop = Callable[[StopRequest, str], None]

_TEXT, _TEXTS = Unicode(min_occurs=0), Unicode(max_occurs="unbounded")


@dataclass(slots=True)
class ManagerCall:
    """What is known about the request beside the operation's own values."""

    namespace: str = f"{SCHEMA}/call_notification/notification_manager/v3_1/local"
    kind: SubscriptionKind = SubscriptionKind.NOTIFICATION
    callback: CallbackVersion = CallbackVersion.V3_2
    context: CallContext = NO_CONTEXT
    caller: str | None = None  # who has authenticated

    @property
    def common(self) -> str:
        """The namespace of the exceptions."""
        return COMMON_2 if self.callback is CallbackVersion.V2_2 else COMMON_3

    @property
    def requester(self) -> str:
        """Who asks, as far as the header tells."""
        return self.context.requester or self.caller or ANONYMOUS

    @property
    def transaction_id(self) -> str:
        """The transaction of the header, or a new one."""
        return self.context.transaction_id or str(uuid4())


class ManagerFault(Fault):  # type: ignore[misc]  # Spyne is untyped
    """Carries one of our errors through Spyne."""

    def __init__(self, error: UsageServiceError) -> None:
        super().__init__("Client" if isinstance(error, CallerError) else "Server", str(error))
        self.error = error


class ManagerSoap11(Soap11):  # type: ignore[misc]  # Spyne is untyped
    """SOAP 1.1 with our way in, and answers in the namespace of the request."""

    def create_in_document(self, ctx: Any, charset: str | None = None) -> None:
        """Our own checks instead of Spyne's parser."""
        ctx.udc = ManagerCall()
        body, content_type = b"".join(ctx.in_string), ctx.transport.req_env.get("CONTENT_TYPE")
        _refusing(lambda: self._read(ctx, body, content_type))

    def _read(self, ctx: Any, body: bytes, content_type: str | None) -> None:
        envelope = read_envelope(body, content_type)
        namespace = namespace_of(envelope.operation.tag)
        if not is_manager_namespace(namespace):
            raise Unreadable(f"{namespace[:200]} is not the namespace of a notification manager")
        kind = SubscriptionKind.DIRECTION if "/call_direction/" in namespace else SubscriptionKind.NOTIFICATION
        caller: Caller | None = ctx.transport.req_env.get("asgi.scope", {}).get(CALLER)
        ctx.udc = ManagerCall(
            namespace,
            kind,
            callback_version(namespace),
            read_headers(envelope.header),
            caller.name if caller else None,
        )
        ctx.in_document = _in_one_form(envelope.operation)

    def decompose_incoming_envelope(self, ctx: Any, message: Any = Soap11.REQUEST) -> None:
        """Dispatch by the name of the body's element, whatever the SOAPAction says."""
        ctx.in_header_doc = None
        ctx.in_body_doc = ctx.in_document
        ctx.method_request_string = ctx.in_body_doc.tag

    def serialize(self, ctx: Any, message: Any) -> None:
        """The answer in the request's namespace; faults as Parlay X has them."""
        call: ManagerCall = ctx.udc
        if ctx.out_error is not None:
            ctx.out_document = parlayx_fault(_error_of(ctx.out_error), call.common)
            return
        super().serialize(ctx, message)
        answer = ctx.out_body_doc[0]
        answer.tag = qualified(call.namespace, local_name(answer.tag))
        etree.cleanup_namespaces(ctx.out_document)


def _refusing(action: Callable[[], None]) -> None:
    try:
        action()
    except UsageServiceError as error:
        raise ManagerFault(error) from error


def _error_of(fault: Fault) -> UsageServiceError:
    return fault.error if isinstance(fault, ManagerFault) else error_of(fault)


def _in_one_form(element: etree._Element) -> etree._Element:
    """The same tree with every element in the one namespace."""
    for each in element.iter():
        each.tag = qualified(ONE_FORM, local_name(each.tag))
        each.attrib.clear()
    return element


def build_managers_wsgi(start: Start, stop: Stop) -> Callable[..., Iterable[bytes]]:
    """Both managers as one WSGI application: the namespace of a request says which one it is for."""
    reference = _model("SimpleReference", {"endpoint": _TEXT, "interfaceName": _TEXT, "correlator": _TEXT})
    starting = {"reference": reference, "addresses": _TEXTS, "criteria": _TEXTS, "addressDirection": _TEXT}
    stopping = {"correlator": _TEXT}

    def run_start(ctx: Any, request: Any) -> None:
        call: ManagerCall = ctx.udc
        _refusing(lambda: start(_start_request(call, request), call.transaction_id))

    def run_stop(ctx: Any, request: Any) -> None:
        call: ManagerCall = ctx.udc
        asked = StopRequest(kind=call.kind, correlator=request.correlator or "", requester=call.requester)
        _refusing(lambda: stop(asked, call.transaction_id))

    operations = {
        "startCallNotification": _operation("startCallNotification", starting, run_start),
        "stopCallNotification": _operation("stopCallNotification", stopping, run_stop),
        "startCallDirectionNotification": _operation("startCallDirectionNotification", starting, run_start),
        "stopCallDirectionNotification": _operation("stopCallDirectionNotification", stopping, run_stop),
    }
    application = Application(
        [type("NotificationManagers", (ServiceBase,), operations)],
        tns=ONE_FORM,
        name="NotificationManagers",
        in_protocol=ManagerSoap11(),
        out_protocol=ManagerSoap11(),
    )
    wsgi: Callable[..., Iterable[bytes]] = WsgiApplication(application)
    return wsgi


def _operation(name: str, fields: dict[str, Any], run: Callable[[Any, Any], None]) -> Any:
    def operation(ctx, request):  # type: ignore[no-untyped-def]  # Spyne looks at the parameters
        run(ctx, request)

    operation.__name__ = name
    decorate = rpc(
        _model(name, fields),
        _returns=_model(f"{name}Response", {}),
        _body_style="bare",
        _in_message_name=name,
        _out_message_name=f"{name}Response",
    )
    return decorate(operation)


def _model(name: str, fields: dict[str, Any]) -> Any:
    return type(name, (ComplexModel,), {"__namespace__": ONE_FORM, "_type_info": list(fields.items())})


def _start_request(call: ManagerCall, request: Any) -> StartRequest:
    if request.addressDirection not in (None, "Called"):
        raise InvalidChoice("addressDirection", "Called")
    reference = request.reference
    return StartRequest(
        kind=call.kind,
        correlator=(reference and reference.correlator) or "",
        endpoint=(reference and reference.endpoint) or "",
        interface_name=(reference and reference.interfaceName) or "",
        addresses=tuple(address or "" for address in request.addresses or ()),
        criteria=tuple(name or "" for name in request.criteria or ()),
        callback=call.callback,
        requester=call.requester,
        received=datetime.now(UTC),
    )
