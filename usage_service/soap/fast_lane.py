"""The fast lane for the hot operation: read a plain, valid `writeUsageRecordRequest` straight off the parsed tree.

It either gives exactly the record that the Spyne lane would give, or declines; it never refuses anything itself, so
every fault comes from one place. What it checks is what the schema demands of this one element: the children and
their order, text only, no attributes, and numbers that cannot be read in two ways.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from lxml import etree

from usage_service.callers import Caller
from usage_service.errors import CallerError, Unreadable, UsageServiceError
from usage_service.record import UsageRecord
from usage_service.soap.answer import ResponseTemplate
from usage_service.soap.envelope import BODY, ENVELOPE, HEADER, check_size, check_understood, new_parser, parse
from usage_service.soap.faults import ElementForm, WireForm, answer_form, fault_bytes, translation_of
from usage_service.soap.headers import NO_CONTEXT, CallContext, read_headers
from usage_service.soap.names import REQUEST_FIELDS, SOAP_ENVELOPE, USAGE_RECORD, qualified
from usage_service.soap.posted import Posted
from usage_service.soap.write_request import REQUEST, MakeRecord, WriteRequest

_PLAIN_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_SCALARS = 5
_SMALL = 500, 20
"""Nodes and depth of the headers that are read here; larger ones are counted together with the rest by Spyne's lane."""

_is_irregular = etree.XPath(
    "boolean(text()[normalize-space()] | e:Body/text()[normalize-space()] | e:Body/*/text()[normalize-space()]"
    " | e:Body/*/*[@* or *])",
    namespaces={"e": SOAP_ENVELOPE},
)
"""Whether there is text between the elements, or a field of the operation holds more than text."""


RecordSoon = Callable[[UsageRecord], Awaitable[str]]
"""Stores a record and returns its id as the wire has it, without blocking the event loop."""


@dataclass(frozen=True, slots=True)
class _Tags:
    answer: WireForm
    scalars: list[str]
    name: str
    value: str


class FastLane:
    """Reads requests on one thread (the event loop's): it keeps a parser of its own."""

    def __init__(
        self, make_record: MakeRecord, aliases: frozenset[str] = frozenset(), element_form: ElementForm = "auto"
    ) -> None:
        self._make_record = make_record
        self._parser = new_parser()
        self._tags = {
            (qualified(namespace, REQUEST), form.child(REQUEST_FIELDS[0])): _tags(form, answer_form(form, element_form))
            for namespace in (USAGE_RECORD, *aliases)
            for form in (WireForm(namespace, True), WireForm(namespace, False))
        }

    def read(
        self,
        body: bytes,
        content_type: str | None,
        caller_address: str | None,
        caller: Caller | None = None,
    ) -> tuple[UsageRecord, WireForm] | None:
        """The record a request states and the form to answer in, or None to leave it to Spyne."""
        try:
            root = parse(body, content_type, self._parser)
            if root.tag != ENVELOPE or not len(root) or _is_irregular(root):
                return None
            *headers, soap_body = root
            if soap_body.tag != BODY or len(soap_body) != 1 or len(headers) > 1:
                return None
            context = _context(headers[0]) if headers else NO_CONTEXT
            return self._record(soap_body[0], context, caller_address, caller)
        except CallerError:
            return None

    def _record(
        self, operation: etree._Element, context: CallContext, caller_address: str | None, caller: Caller | None
    ) -> tuple[UsageRecord, WireForm] | None:
        fields = list(operation)
        found = [field.tag for field in fields]
        tags = self._tags.get((operation.tag, found[0])) if found else None
        if tags is None:
            return None
        request = _read(fields, found, tags)
        if request is None:
            return None
        return self._make_record(request, context, caller_address=caller_address, caller=caller), tags.answer


class FastWrites:
    """Answers requests that the fast lane can read."""

    def __init__(self, lane: FastLane, record_soon: RecordSoon, response: ResponseTemplate) -> None:
        self._lane = lane
        self._record_soon = record_soon
        self._response = response

    async def answer(self, posted: Posted) -> tuple[int, bytes] | None:
        """HTTP status and body, or None to leave the request to Spyne, which also speaks every caller's fault."""
        found = self._lane.read(posted.body, posted.content_type, posted.caller_address, posted.caller)
        if found is None:
            return None
        record, form = found
        try:
            return 200, self._response.fill(await self._record_soon(record), form)
        except CallerError:
            return None
        except UsageServiceError as error:
            return translation_of(error).status, fault_bytes(error, form)


def _tags(form: WireForm, answer: WireForm) -> _Tags:
    names = [form.child(name) for name in REQUEST_FIELDS]
    return _Tags(answer, names[:_SCALARS], names[_SCALARS], names[_SCALARS + 1])


def _context(header: etree._Element) -> CallContext:
    """What the header of an envelope says. Raises `CallerError` for what is not for this lane."""
    if header.tag != HEADER:
        raise Unreadable("there is something else in front of the body")
    if not len(header):
        return NO_CONTEXT
    check_size(header, *_SMALL)
    check_understood(header)
    return read_headers(header)


def _read(fields: Sequence[etree._Element], found: Sequence[str], tags: _Tags) -> WriteRequest | None:
    """The request that fields with these tags hold; None unless they are those of the schema, in its order."""
    names = found.count(tags.name)
    values = len(found) - _SCALARS - names
    if found != [*tags.scalars, *[tags.name] * names, *[tags.value] * values]:
        return None
    texts = [field.text or "" for field in fields]
    transaction_id, service, event_type, record_time, code = texts[:_SCALARS]
    if not _PLAIN_INTEGER.fullmatch(record_time) or not _PLAIN_INTEGER.fullmatch(code):
        return None
    split = _SCALARS + names
    return WriteRequest(
        transaction_id, service, event_type, int(record_time), int(code), texts[_SCALARS:split], texts[split:]
    )
