"""Spyne's part: it takes every request that the fast lane declines, and speaks for the contract.

Four things of Spyne are replaced, because the contract comes first and not the code: the way in (our checks, before
its parser), the schema it validates with (the published one), the shape of faults (inside `detail`, in our
namespace), and the form of the answer (it mirrors the request's).
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from lxml import etree

from usage_service.callers import Caller
from usage_service.errors import NotStored, Unreadable, UsageServiceError
from usage_service.soap.envelope import read_envelope
from usage_service.soap.faults import PUBLISHED_FORM, WireForm, fault_envelope, translation_of
from usage_service.soap.headers import NO_CONTEXT, CallContext, read_headers
from usage_service.soap.names import REQUEST_FIELDS, USAGE_RECORD, local_name
from usage_service.soap.spyne_door import (
    Application,
    ComplexModel,
    Fault,
    Integer32,
    Long,
    ResourceNotFoundError,
    ServiceBase,
    Soap11,
    Unicode,
    WsgiApplication,
    rpc,
    stop_timed_collections,
)
from usage_service.soap.write_request import WriteRequest, check_against, straighten, wire_form

Write = Callable[["Call", WriteRequest], str]
"""Stores what a request states and returns the record id; raises `UsageServiceError`."""

log = logging.getLogger(__name__)

CALLER = "usage_service.caller"
"""Key of the ASGI scope under which the authenticated caller travels to this lane."""

RESPONSE = "writeUsageRecordResponse"


@dataclass(slots=True)
class Call:
    """What is known about the request being answered, beside the operation's own values."""

    environ: dict[str, Any]
    form: WireForm = PUBLISHED_FORM
    context: CallContext = NO_CONTEXT
    unknown_elements: int = 0

    @property
    def caller(self) -> Caller | None:
        """Who authenticated."""
        caller: Caller | None = self.environ.get("asgi.scope", {}).get(CALLER)
        return caller


class RefusedFault(Fault):  # type: ignore[misc]  # Spyne is untyped
    """Carries one of our errors through Spyne."""

    def __init__(self, error: UsageServiceError) -> None:
        super().__init__(translation_of(error).faultcode, str(error))
        self.error = error


class ContractSoap11(Soap11):  # type: ignore[misc]  # Spyne is untyped
    """SOAP 1.1 as the published contract has it."""

    def __init__(self, schema: etree.XMLSchema, aliases: frozenset[str]) -> None:
        super().__init__()
        self._schema = schema
        self._aliases = aliases

    def create_in_document(self, ctx: Any, charset: str | None = None) -> None:
        """The way in: our own checks instead of Spyne's parser."""
        environ = ctx.transport.req_env
        ctx.udc = Call(environ)
        with_fault(lambda: self._read(ctx, b"".join(ctx.in_string), environ.get("CONTENT_TYPE")))

    def _read(self, ctx: Any, body: bytes, content_type: str | None) -> None:
        call: Call = ctx.udc
        envelope = read_envelope(body, content_type)
        call.form = wire_form(envelope.operation, self._aliases)
        call.context = read_headers(envelope.header)
        ctx.in_document, call.unknown_elements = straighten(envelope.operation)
        check_against(self._schema, ctx.in_document)

    def decompose_incoming_envelope(self, ctx: Any, message: Any = Soap11.REQUEST) -> None:
        """Dispatch by the name of the body's element, whatever the SOAPAction says."""
        ctx.in_header_doc = None
        ctx.in_body_doc = ctx.in_document
        ctx.method_request_string = ctx.in_body_doc.tag

    def serialize(self, ctx: Any, message: Any) -> None:
        """The answer in the request's form; faults as the contract declares them."""
        call: Call = ctx.udc
        if ctx.out_error is not None:
            ctx.out_document = fault_envelope(error_of(ctx.out_error), call.form)
            return
        super().serialize(ctx, message)
        mirror(ctx.out_body_doc[0], call.form)
        etree.cleanup_namespaces(ctx.out_document)

    def fault_to_http_response_code(self, fault: Fault) -> str:
        """500 for SOAP faults, except where HTTP has the better word."""
        status = translation_of(error_of(fault)).status
        return {413: "413 Content Too Large", 415: "415 Unsupported Media Type"}.get(
            status, "500 Internal Server Error"
        )


def mirror(answer: etree._Element, form: WireForm) -> None:
    """Rename an answer from the published form into another one."""
    for child in answer:
        child.tag = form.child(local_name(child.tag))
    answer.tag = f"{{{form.namespace}}}{local_name(answer.tag)}"


def with_fault(action: Callable[[], Any]) -> Any:
    """Run it; what it raises travels on as a fault that Spyne understands, logged when nobody meant it."""
    try:
        return action()
    except UsageServiceError as error:
        raise RefusedFault(error) from error
    except Exception as error:
        log.exception("a request failed unexpectedly")
        raise RefusedFault(NotStored("internal error")) from error


def error_of(fault: Fault) -> UsageServiceError:
    """Our error behind a fault; Spyne's own faults are told without their words, which can hold internals."""
    if isinstance(fault, RefusedFault):
        return fault.error
    if isinstance(fault, ResourceNotFoundError) or fault.faultcode.startswith("Client"):
        return Unreadable("it is not a request of this contract")
    return NotStored("internal error")


def build_wsgi(
    write: Write,
    schema: etree.XMLSchema,
    *,
    aliases: frozenset[str] = frozenset(),
    response_child: str = "recordID",
) -> Callable[..., Iterable[bytes]]:
    """The Usage Record component as a WSGI application."""
    stop_timed_collections()
    text, repeated = Unicode(min_occurs=1, nullable=False), Unicode(max_occurs="unbounded")
    types = (text, text, text, Long(min_occurs=1), Integer32(min_occurs=1), repeated, repeated)
    request = _model("writeUsageRecordRequest", dict(zip(REQUEST_FIELDS, types, strict=True)))
    response = _model(RESPONSE, {response_child: Unicode(min_occurs=1)})

    class UsageRecordInterface(ServiceBase):  # type: ignore[misc]  # Spyne is untyped
        """Port type of the Usage Record component."""

        @rpc(
            request,
            _returns=response,
            _body_style="bare",
            _in_message_name="writeUsageRecordRequest",
            _out_message_name=RESPONSE,
        )
        def writeUsageRecord(ctx, parameters):  # type: ignore[no-untyped-def]  # noqa: N802, N805 - Spyne's shape
            record_id = with_fault(lambda: write(ctx.udc, _write_request(parameters)))
            return response(**{response_child: record_id})

    application = Application(
        [UsageRecordInterface],
        tns=USAGE_RECORD,
        name="UsageRecordService",
        in_protocol=ContractSoap11(schema, aliases),
        out_protocol=ContractSoap11(schema, aliases),
    )
    wsgi: Callable[..., Iterable[bytes]] = WsgiApplication(application)
    return wsgi


def _model(name: str, fields: dict[str, Any]) -> Any:
    return type(name, (ComplexModel,), {"__namespace__": USAGE_RECORD, "_type_info": list(fields.items())})


def _write_request(parameters: Any) -> WriteRequest:
    return WriteRequest(
        parameters.globalTransactionID,
        parameters.service,
        parameters.eventType,
        parameters.recordTime,
        parameters.code,
        parameters.serviceAttributes or (),
        parameters.serviceValues or (),
    )
