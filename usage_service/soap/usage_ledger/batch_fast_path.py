"""The fast path for batches: a request that the schema allows is read straight off the parsed tree.

libxml2 checks a record in a tenth of the time that Spyne needs to make an object of it. What the schema does not
allow, and every other operation, is left to Spyne, so that faults and refused records come from one place.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from xml.sax.saxutils import escape

from usage_service.errors import CallerError, UsageServiceError
from usage_service.ledger.commit_queue import Item
from usage_service.ledger.model import Outcome, Receipt
from usage_service.ledger.replaying import answerable, check_batch_size
from usage_service.soap.envelope import (
    LEDGER,
    SOAP_ENVELOPE,
    Envelope,
    as_utf8,
    check_size,
    new_parser,
    open_envelope,
    parse,
    qualified,
)
from usage_service.soap.faults import LEDGER_FAULT, LEDGER_FORM, fault_bytes, translation_of
from usage_service.soap.headers import Posted, read_headers
from usage_service.soap.schema import ContractSchema
from usage_service.soap.usage_ledger.answers import verdict
from usage_service.soap.usage_ledger.batch import ATOMIC, OPERATION, RECORD, Batch, make_item, read_record
from usage_service.soap.usage_ledger.rejects import SoapRejects

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
    """What is to be done: the records in their order, or what is wrong with them."""

    atomic: bool
    items: Sequence[Item]


class BatchFastPath:
    """Reads requests on one thread (the event loop's): it keeps a parser of its own."""

    def __init__(self, schema: ContractSchema, max_nodes: int) -> None:
        self._schema = schema
        self._max_nodes = max_nodes
        self._parser = new_parser()

    def read(self, posted: Posted) -> BatchRequest | None:
        """The batch of a request, or None to leave it to Spyne."""
        try:
            document = as_utf8(posted.body, posted.content_type).decode()
            if _most_nodes(document) > self._max_nodes:
                return None
            envelope = self._parsed(document)
            return None if envelope is None else self._request(envelope, posted)
        except (CallerError, UnicodeDecodeError):
            return None

    def _parsed(self, document: str) -> Envelope | None:
        """A request that the schema allows."""
        envelope = open_envelope(parse(document.encode(), self._parser))
        operation = envelope.operation
        if operation.tag != _OPERATION or not self._schema.allows(operation):
            return None
        if envelope.header is not None:  # the schema knows the request, but not what stands above it
            check_size(envelope.header, self._max_nodes)
        return envelope

    def _request(self, envelope: Envelope, posted: Posted) -> BatchRequest:
        records = list(map(read_record, envelope.operation.iterchildren(RECORD)))
        check_batch_size(len(records))
        context = read_headers(envelope.header)
        items = [make_item(record, context, place, posted) for place, record in enumerate(records, 1)]
        return BatchRequest((envelope.operation[0].text or "").strip() == ATOMIC, items)


def _most_nodes(document: str) -> int:
    """At least as many as there are elements and attributes."""
    return document.count("</") + document.count("/>") + document.count("=")


class FastBatches:
    """Answers batches that the fast path can read."""

    def __init__(self, fast_path: BatchFastPath, record_many_soon: RecordManySoon, rejects: SoapRejects) -> None:
        self._fast_path = fast_path
        self._record_many_soon = record_many_soon
        self._rejects = rejects

    async def answer(self, posted: Posted) -> tuple[int, bytes] | None:
        """HTTP status and body, or None to leave the request to Spyne."""
        batch = self._fast_path.read(posted)
        if batch is None:
            return None
        try:
            outcomes = answerable(await self._record_many_soon(batch.items, atomic=batch.atomic), atomic=batch.atomic)
        except UsageServiceError as error:
            return translation_of(error).status, fault_bytes(error, LEDGER_FORM, LEDGER_FAULT)
        if any(isinstance(outcome, CallerError) for outcome in outcomes):
            await asyncio.to_thread(self._keep_refused, batch, outcomes, posted)
        return 200, response(outcomes)

    def _keep_refused(self, batch: BatchRequest, outcomes: Sequence[Outcome], posted: Posted) -> None:
        """Rejects are rare: only now the elements are needed, so they are read again, on a thread."""
        envelope = open_envelope(parse(as_utf8(posted.body, posted.content_type), new_parser()))
        whole = Batch(batch.atomic, batch.items, envelope.operation.findall(RECORD))
        self._rejects.keep_records(whole, outcomes, header=envelope.header, posted=posted)


def response(outcomes: Sequence[Outcome]) -> bytes:
    """The whole answer to a batch."""
    return (_RESPONSE % "".join(map(_verdict, outcomes))).encode()


def _verdict(outcome: Outcome) -> str:
    if isinstance(outcome, Receipt):
        status = "duplicate" if outcome.replayed else "stored"
        return f"<u:verdict><u:status>{status}</u:status><u:recordID>{outcome.record_id}</u:recordID></u:verdict>"
    fields = (f"<u:{name}>{escape(text)}</u:{name}>" for name, text in verdict(outcome).items() if text is not None)
    return f"<u:verdict>{''.join(fields)}</u:verdict>"
