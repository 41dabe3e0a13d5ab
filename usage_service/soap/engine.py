"""The one door to Spyne, which takes every request that no fast path answers, and speaks for the contract.

Spyne's classes for a contract are made from its schema: the contract comes first, so nothing is declared twice. Every
simple type becomes text. The schema has checked it already, and Spyne's own conversions are not all safe (its integers
take what Python takes, its times lose their offset); the service converts what it needs.

Spyne 2.14.0 came out in 2022; on Python 3.12 and later it needs two things that went away. Its own copy of `six` hides
modules in a way that Python 3.12 no longer looks for, so the current `six` from PyPI takes its place before Spyne is
imported; and `cgi`, gone since 3.13, comes from the package `legacy-cgi`.
"""

import logging
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from operator import attrgetter
from typing import Any, Protocol

from lxml import etree

from usage_service.errors import CallerError, NotStored, Unreadable, UsageServiceError
from usage_service.soap.envelope import Envelope, local_name, read_envelope
from usage_service.soap.faults import PUBLISHED_FORM, FaultShape, WireForm, status_of
from usage_service.soap.headers import NO_CONTEXT, CallContext, Posted
from usage_service.soap.schema import XSD

if sys.version_info >= (3, 12):
    import six

    six.get_function_name = attrgetter("__name__")  # the one thing that Spyne had added to its copy
    sys.modules["spyne.util.six"] = six
    for name in (
        "",
        ".collections_abc",
        ".http_cookies",
        ".urllib",
        ".urllib.error",
        ".urllib.parse",
        ".urllib.request",
    ):
        sys.modules[f"spyne.util.six.moves{name}"] = import_module(f"six.moves{name}")

import spyne.const
from spyne import (
    Application,
    ComplexModel,
    Fault,
    Integer32,
    Long,
    ServiceBase,
    Unicode,
    rpc,
)
from spyne.error import ResourceNotFoundError
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

__all__ = [
    "Application",
    "ComplexModel",
    "Fault",
    "Integer32",
    "Long",
    "ResourceNotFoundError",
    "ServiceBase",
    "Soap11",
    "Unicode",
    "WsgiApplication",
    "rpc",
    "stop_timed_collections",
]


def stop_timed_collections() -> None:
    """Spyne collects garbage once a second, in the middle of requests; Python's own collector is enough."""
    spyne.const.MIN_GC_INTERVAL = float("inf")


Models = dict[str, Any]
"""Name of a type or element → Spyne's class."""

_COMPLEX_TYPE = f"{{{XSD}}}complexType"
_FIELDS = f"{{{XSD}}}sequence/{{{XSD}}}element"


def models_of(schema: etree._Element) -> Models:
    """Classes for the complex types and elements of a schema, in which a type stands before its first use."""
    namespace = schema.get("targetNamespace", "")
    models: Models = {}
    for declared in schema.iterchildren(_COMPLEX_TYPE, f"{{{XSD}}}element"):
        content = declared if declared.tag == _COMPLEX_TYPE else declared.find(_COMPLEX_TYPE)
        fields = [] if content is None else content.findall(_FIELDS)
        name = declared.get("name", "")
        members = [(field.get("name"), _member(field, models)) for field in fields]
        models[name] = type(name, (ComplexModel,), {"__namespace__": namespace, "_type_info": members})
    return models


def _member(field: etree._Element, models: Models) -> Any:
    model = models.get(field.get("type", "").rpartition(":")[2], Unicode)
    most = field.get("maxOccurs", "1")
    return model.customize(
        min_occurs=int(field.get("minOccurs", "1")), max_occurs=int(most) if most.isdigit() else most, nullable=False
    )


log = logging.getLogger(__name__)

CALLER = "usage_service.caller"
"""Key of the ASGI scope under which the authenticated caller travels to Spyne."""

Wsgi = Callable[..., Iterable[bytes]]


@dataclass(slots=True)
class Call:
    """What is known about the request being answered, beside the operation's own values."""

    posted: Posted
    form: WireForm = PUBLISHED_FORM
    operation: str = ""  # its local name; empty while the request could not be read
    header: etree._Element | None = None
    context: CallContext = NO_CONTEXT  # what the header says
    unknown_elements: int = 0
    records: Sequence[etree._Element] = ()  # of a batch
    refused: dict[int, CallerError] = field(default_factory=dict)  # place in the batch → what is wrong with the record


class Contract(Protocol):
    """How one contract reads requests and shapes answers."""

    @property
    def form(self) -> WireForm:
        """How answers are written until a request was read."""

    @property
    def fault(self) -> FaultShape:
        """How errors are stated."""

    @property
    def max_nodes(self) -> int:
        """Most elements and attributes of a request."""

    def read(self, envelope: Envelope, call: Call) -> etree._Element:
        """The request as the schema allows it, for Spyne; raises `CallerError`."""

    def shape(self, answer: etree._Element, call: Call) -> None:
        """Make an answer of the published form into the one to send."""


Refused = Callable[[Call, CallerError], None]
"""Called for every request that the caller must change; must not raise."""


def not_kept(_call: Call, _error: CallerError) -> None:
    """For a contract whose requests do not become records: what it refuses need not be kept."""


class RefusedFault(Fault):  # type: ignore[misc]  # Spyne is untyped
    """Carries one of our errors through Spyne."""

    def __init__(self, error: UsageServiceError) -> None:
        super().__init__("Client" if isinstance(error, CallerError) else "Server", str(error))
        self.error = error


class ContractSoap11(Soap11):  # type: ignore[misc]  # Spyne is untyped
    """SOAP 1.1 as a published contract has it."""

    def __init__(self, contract: Contract, refused: Refused) -> None:
        super().__init__()
        self._contract = contract
        self._refused = refused

    def create_in_document(self, ctx: Any, charset: str | None = None) -> None:
        """The way in: our own checks instead of Spyne's parser."""
        call = ctx.udc = Call(_posted(b"".join(ctx.in_string), ctx.transport.req_env), self._contract.form)
        with_fault(lambda: self._read(ctx, call))

    def _read(self, ctx: Any, call: Call) -> None:
        envelope = read_envelope(call.posted.body, call.posted.content_type, self._contract.max_nodes)
        ctx.in_document = self._contract.read(envelope, call)

    def decompose_incoming_envelope(self, ctx: Any, message: Any = Soap11.REQUEST) -> None:
        """Dispatch by the name of the body's element, whatever the SOAPAction says."""
        ctx.in_header_doc = None
        ctx.in_body_doc = ctx.in_document
        ctx.method_request_string = ctx.in_body_doc.tag

    def serialize(self, ctx: Any, message: Any) -> None:
        """The answer in the contract's form; faults as it declares them."""
        call: Call = ctx.udc
        if ctx.out_error is None:
            try:
                super().serialize(ctx, message)
                self._contract.shape(ctx.out_body_doc[0], call)
                etree.cleanup_namespaces(ctx.out_document)
            except Exception:  # Spyne itself would go on to send what it has, with status 200
                log.exception("an answer could not be written")
                ctx.out_error = RefusedFault(NotStored("internal error"))
        if ctx.out_error is not None:
            error = error_of(ctx.out_error)
            if isinstance(error, CallerError):
                self._refused(call, error)
            ctx.out_document = self._contract.fault.envelope(error, call.form)
            ctx.transport.resp_code = self.fault_to_http_response_code(ctx.out_error)

    def fault_to_http_response_code(self, fault: Fault) -> str:
        """500 for SOAP faults, except where HTTP has the better word."""
        status = status_of(error_of(fault))
        return {413: "413 Content Too Large", 415: "415 Unsupported Media Type"}.get(
            status, "500 Internal Server Error"
        )


def _posted(body: bytes, environ: Mapping[str, Any]) -> Posted:
    caller = environ.get("asgi.scope", {}).get(CALLER)
    return Posted(body, environ.get("CONTENT_TYPE"), environ.get("REMOTE_ADDR"), caller)


def mirror(answer: etree._Element, form: WireForm) -> None:
    """Rename an answer from the published form into another one."""
    for child in answer:
        child.tag = form.child(local_name(child.tag))
    answer.tag = f"{{{form.namespace}}}{local_name(answer.tag)}"


def with_fault(action: Callable[[], Any]) -> Any:
    """Run it; what it raises travels on as a fault that Spyne understands, logged when it was not foreseen."""
    try:
        return action()
    except UsageServiceError as error:
        raise RefusedFault(error) from error
    except Exception as error:
        log.exception("a request failed unexpectedly")
        raise RefusedFault(NotStored("internal error")) from error


def error_of(fault: Fault) -> UsageServiceError:
    """Our error behind a fault; Spyne's own faults are passed on without their words, which can hold internals."""
    if isinstance(fault, RefusedFault):
        return fault.error
    if isinstance(fault, ResourceNotFoundError) or fault.faultcode.startswith("Client"):
        return Unreadable("it is not a request of this contract")
    log.error("Spyne failed with %s", fault.faultcode)  # its words can hold what the caller sent
    return NotStored("internal error")


def wsgi_of(service: Any, contract: Contract, refused: Refused) -> Wsgi:
    """A Spyne service as a WSGI application that speaks one contract."""
    stop_timed_collections()
    application = Application(
        [service],
        tns=contract.form.namespace,
        name=service.__name__,
        in_protocol=ContractSoap11(contract, refused),
        out_protocol=ContractSoap11(contract, refused),
    )
    wsgi: Wsgi = WsgiApplication(application, max_content_length=sys.maxsize)  # the endpoint has looked at it
    return wsgi


Operation = Callable[[Call, Any], dict[str, Any]]
"""Takes the call and Spyne's object for the request; returns the answer by element name. Raises `UsageServiceError`."""


def service_of(name: str, models: Models, operations: Mapping[str, Operation]) -> Any:
    """Spyne's class for a service with these operations, whose messages have their names."""
    methods = {operation: _method(operation, action, models) for operation, action in operations.items()}
    return type(name, (ServiceBase,), methods)


def _method(name: str, operation: Operation, models: Models) -> Any:
    response = f"{name}Response"

    def method(ctx: Any, request: Any) -> Any:
        return with_fault(lambda: operation(ctx.udc, request))

    method.__name__ = name
    declare = rpc(
        models[name], _returns=models[response], _body_style="bare", _in_message_name=name, _out_message_name=response
    )
    return declare(method)
