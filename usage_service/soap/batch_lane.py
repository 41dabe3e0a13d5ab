"""The fast lane for batches: a request that the schema allows is read straight off the parsed tree.

libxml2 checks a record in a tenth of the time that Spyne needs to make an object of it. What the schema does not
allow, and every other operation, is left to Spyne, so that faults and refused records come from one place.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from xml.sax.saxutils import escape

from lxml import etree

from usage_service.accounting.receipts import Outcome, Receipt
from usage_service.errors import CallerError, UsageServiceError
from usage_service.ledger.batches import answerable, check_batch_size
from usage_service.recorder import Item
from usage_service.soap.batch_request import ATOMIC, OPERATION, Batch, make_item, read_record
from usage_service.soap.envelope import as_utf8, check_size, new_parser, open_envelope, parse
from usage_service.soap.faults import LEDGER_FAULT, LEDGER_FORM, fault_bytes, translation_of
from usage_service.soap.headers import read_headers
from usage_service.soap.ledger_answers import verdict
from usage_service.soap.names import LEDGER, SOAP_ENVELOPE, qualified
from usage_service.soap.posted import Posted
from usage_service.soap.refusals import Refusals
from usage_service.soap.schema import ContractSchema

_OPERATION = qualified(LEDGER, OPERATION)
_RESPONSE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<soapenv:Envelope xmlns:soapenv="{SOAP_ENVELOPE}"><soapenv:Body>'
    f'<u:writeUsageRecordsResponse xmlns:u="{LEDGER}">%s</u:writeUsageRecordsResponse>'
    "</soapenv:Body></soapenv:Envelope>"
)


class RecordManySoon(Protocol):
    """Stores records without blocking the event loop, with one outcome for each."""

    async def __call__(self, items: Sequence[Item], *, atomic: bool = False) -> list[Outcome]: ...


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """A batch and the header it came with."""

    batch: Batch
    header: etree._Element | None


class BatchLane:
    """Reads requests on one thread (the event loop's): it keeps a parser of its own."""

    def __init__(self, schema: ContractSchema, max_nodes: int) -> None:
        self._schema = schema
        self._max_nodes = max_nodes
        self._parser = new_parser()

    def read(self, posted: Posted) -> BatchRequest | None:
        """The batch of a request, or None to leave it to Spyne."""
        try:
            envelope = open_envelope(parse(as_utf8(posted.body, posted.content_type), self._parser))
            operation = envelope.operation
            if operation.tag != _OPERATION or not self._schema.allows(operation):
                return None
            if envelope.header is not None:  # the schema knows the request, but not what stands above it
                check_size(envelope.header, self._max_nodes)
            mode, *elements = operation
            check_batch_size(len(elements))
            context = read_headers(envelope.header)
        except CallerError:
            return None
        items = [make_item(read_record(element), context, place, posted) for place, element in enumerate(elements, 1)]
        return BatchRequest(Batch((mode.text or "").strip() == ATOMIC, items, elements), envelope.header)


class FastBatches:
    """Answers batches that the lane can read."""

    def __init__(self, lane: BatchLane, record_many_soon: RecordManySoon, refusals: Refusals) -> None:
        self._lane = lane
        self._record_many_soon = record_many_soon
        self._refusals = refusals

    async def answer(self, posted: Posted) -> tuple[int, bytes] | None:
        """HTTP status and body, or None to leave the request to Spyne."""
        request = self._lane.read(posted)
        if request is None:
            return None
        batch = request.batch
        try:
            outcomes = answerable(await self._record_many_soon(batch.items, atomic=batch.atomic), atomic=batch.atomic)
        except UsageServiceError as error:
            return translation_of(error).status, fault_bytes(error, LEDGER_FORM, LEDGER_FAULT)
        if any(isinstance(outcome, CallerError) for outcome in outcomes):
            await asyncio.to_thread(self._refusals.keep_records, batch, outcomes, header=request.header, posted=posted)
        return 200, response(outcomes)


def response(outcomes: Sequence[Outcome]) -> bytes:
    """The whole answer to a batch."""
    return (_RESPONSE % "".join(map(_verdict, outcomes))).encode()


def _verdict(outcome: Outcome) -> str:
    if isinstance(outcome, Receipt):
        status = "duplicate" if outcome.replayed else "stored"
        return f"<u:verdict><u:status>{status}</u:status><u:recordID>{outcome.record_id}</u:recordID></u:verdict>"
    fields = (f"<u:{name}>{escape(text)}</u:{name}>" for name, text in verdict(outcome).items() if text is not None)
    return f"<u:verdict>{''.join(fields)}</u:verdict>"
