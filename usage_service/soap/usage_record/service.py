"""The Usage Record component as a Spyne service: IBM's one operation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from usage_service.ledger.model import Reject
from usage_service.ledger.replaying import Reread
from usage_service.record import UsageRecord
from usage_service.soap.engine import (
    Call,
    ComplexModel,
    Integer32,
    Long,
    Refused,
    ServiceBase,
    Unicode,
    Wsgi,
    mirror,
    rpc,
    with_fault,
    wsgi_of,
)
from usage_service.soap.envelope import MAX_NODES, REQUEST_FIELDS, USAGE_RECORD, Envelope, read_envelope
from usage_service.soap.faults import PUBLISHED_FORM, USAGE_RECORD_FAULT, ElementForm, FaultShape, WireForm, answer_form
from usage_service.soap.headers import Posted, read_headers
from usage_service.soap.schema import ContractSchema
from usage_service.soap.usage_record.request import MakeRecord, WriteRequest, read_straight, straighten, wire_form

RecordNow = Callable[[UsageRecord], str]
"""Stores a record and returns its id as the wire has it; raises `UsageServiceError`."""

RESPONSE = "writeUsageRecordResponse"


@dataclass(frozen=True, slots=True)
class UsageRecordContract:
    """Lenient in what it takes, strict in what it sends: answers mirror the form of their request."""

    schema: ContractSchema
    aliases: frozenset[str] = frozenset()
    element_form: ElementForm = "auto"
    fault: FaultShape = USAGE_RECORD_FAULT
    max_nodes: int = MAX_NODES

    @property
    def form(self) -> WireForm:
        """The form to answer in while a request has not shown its own."""
        return answer_form(PUBLISHED_FORM, self.element_form)

    def read(self, envelope: Envelope, call: Call) -> etree._Element:
        """The request, straightened and checked."""
        call.form = answer_form(wire_form(envelope.operation, self.aliases), self.element_form)
        call.operation = "writeUsageRecord"
        call.context = read_headers(envelope.header)
        straight, call.unknown_elements = straighten(envelope.operation)
        self.schema.check(straight)
        return straight

    def shape(self, answer: etree._Element, call: Call) -> None:
        """In the form of the request."""
        mirror(answer, call.form)


@dataclass(frozen=True, slots=True)
class RecordReader:
    """Makes the record that a call states."""

    contract: UsageRecordContract
    make_record: MakeRecord

    def record(self, call: Call, request: WriteRequest) -> UsageRecord:
        """Raises `CallerError`."""
        remarks = (f"unknown_elements:{call.unknown_elements}",) if call.unknown_elements else ()
        return self.make_record(request, call.context, call.posted, remarks=remarks)

    def again(self, reject: Reject) -> Reread:
        """The record of a request that was refused before; raises `CallerError`."""
        call = Call(Posted(reject.body, reject.content_type, reject.caller_address))
        straight = self.contract.read(read_envelope(reject.body, reject.content_type), call)
        return Reread([replace(self.record(call, read_straight(straight)), principal=reject.principal)])


def build_usage_record_wsgi(
    reader: RecordReader, record_now: RecordNow, refused: Refused, *, response_child: str = "recordID"
) -> Wsgi:
    """The Usage Record component as a WSGI application."""
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
            record_id = with_fault(lambda: record_now(reader.record(ctx.udc, _write_request(parameters))))
            return response(**{response_child: record_id})

    return wsgi_of(UsageRecordInterface, reader.contract, refused)


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
