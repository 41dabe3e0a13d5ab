"""The fast lane for the hot operation: read a plain, valid `writeUsageRecordRequest` straight off the parsed tree.

It either gives exactly the record that the Spyne lane would give, or declines; it never refuses anything itself, so
every fault comes from one place. What it checks is what the schema demands of this one element: the children and
their order, text only, no attributes, and numbers that cannot be read in two ways.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from lxml import etree

from usage_service.callers import Caller
from usage_service.errors import CallerError, UsageServiceError
from usage_service.record import XML_BLANKS, UsageRecord
from usage_service.soap.answer import ResponseTemplate
from usage_service.soap.envelope import check_size, new_parser, open_envelope, parse
from usage_service.soap.faults import ElementForm, WireForm, answer_form, fault_bytes, translation_of
from usage_service.soap.headers import NO_CONTEXT, read_headers
from usage_service.soap.names import REQUEST_FIELDS, USAGE_RECORD, qualified
from usage_service.soap.posted import Posted
from usage_service.soap.write_request import REQUEST, MakeRecord, WriteRequest

_PLAIN_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_SCALARS = 5


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
            envelope = open_envelope(root)
            has_header = envelope.header is not None and len(envelope.header) > 0
            if has_header:
                check_size(root)
            tags = self._tags_of(envelope.operation)
            request = _read(envelope.operation, tags) if tags else None
            if tags is None or request is None:
                return None
            context = read_headers(envelope.header) if has_header else NO_CONTEXT
            return self._make_record(request, context, caller_address=caller_address, caller=caller), tags.answer
        except CallerError:
            return None

    def _tags_of(self, operation: etree._Element) -> _Tags | None:
        return self._tags.get((operation.tag, operation[0].tag)) if len(operation) else None


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


def _read(operation: etree._Element, tags: _Tags) -> WriteRequest | None:
    found, texts = [], []
    for child in operation:
        if len(child) or child.keys() or (child.tail or "").strip(XML_BLANKS):
            return None
        found.append(child.tag)
        texts.append(child.text or "")
    if (operation.text or "").strip(XML_BLANKS):
        return None
    names = found.count(tags.name)
    values = len(found) - _SCALARS - names
    if found != [*tags.scalars, *[tags.name] * names, *[tags.value] * values]:
        return None
    if not _PLAIN_INTEGER.fullmatch(texts[3]) or not _PLAIN_INTEGER.fullmatch(texts[4]):
        return None
    split = _SCALARS + names
    return WriteRequest(
        texts[0], texts[1], texts[2], int(texts[3]), int(texts[4]), texts[_SCALARS:split], texts[split:]
    )
