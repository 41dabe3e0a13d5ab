"""The answer to a stored record, in the form of its request.

The fast path for the hot operation: read a plain, valid `writeUsageRecordRequest` straight off the parsed tree, or
without one when its markup is known.

It either gives exactly the record that the Spyne would give, or declines; it never refuses anything itself, so
every fault comes from one place. What it checks is what the schema demands of this one element: the children and
their order, text only, no attributes, and numbers that cannot be read in two ways.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lxml import etree

from usage_service.errors import CallerError, NotStored, Unreadable, UsageServiceError
from usage_service.ledger.model import Outcome, Receipt
from usage_service.record import UsageRecord
from usage_service.soap.envelope import (
    BODY,
    ENVELOPE,
    HEADER,
    MAX_NODES,
    REQUEST_FIELDS,
    SOAP_ENVELOPE,
    USAGE_RECORD,
    as_utf8,
    check_size,
    check_understood,
    new_parser,
    parse,
    qualified,
)
from usage_service.soap.faults import ElementForm, WireForm, answer_form, fault_bytes, translation_of
from usage_service.soap.headers import NO_CONTEXT, CallContext, Posted, read_headers
from usage_service.soap.usage_record.request import REQUEST, MakeRecord, WriteRequest
from usage_service.soap.usage_record.template_cache import TemplateCache


class ResponseTemplate:
    """`writeUsageRecordResponse` with the id left out: ids are plain text, so the rest can be made beforehand."""

    def __init__(self, child: str = "recordID") -> None:
        self._child = child
        self._templates: dict[WireForm, tuple[bytes, bytes]] = {}

    def fill(self, record_id: str, form: WireForm) -> bytes:
        """The whole answer for one record."""
        head, tail = self._templates.get(form) or self._make(form)
        return head + record_id.encode() + tail

    def _make(self, form: WireForm) -> tuple[bytes, bytes]:
        child = f"u:{self._child}" if form.qualified else self._child
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<soapenv:Envelope xmlns:soapenv="{SOAP_ENVELOPE}"><soapenv:Body>'
            f'<u:writeUsageRecordResponse xmlns:u="{form.namespace}"><{child}>|</{child}></u:writeUsageRecordResponse>'
            "</soapenv:Body></soapenv:Envelope>"
        )
        head, _, tail = text.encode().partition(b"|")
        self._templates[form] = head, tail
        return head, tail


log = logging.getLogger(__name__)

_PLAIN_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_SCALARS = 5
_DIGITS = {3: 18, 4: 18}
"""How long a number may be, by its place among the scalars, that the fast path reads."""
_SMALL = 500, 20
"""Nodes and depth of the headers that are read here; larger ones are counted together with the rest by Spyne."""

_SURELY_SMALL = MAX_NODES * len("<a/>")
"""A shorter document cannot have too many nodes; the fast path takes none that is too deep."""

_is_irregular = etree.XPath(
    "boolean(text()[normalize-space()] | e:Body/text()[normalize-space()] | e:Body/*/text()[normalize-space()]"
    " | e:Body/*/*[@* or *])",
    namespaces={"e": SOAP_ENVELOPE},
)
"""Whether there is text between the elements, or a field of the operation holds more than text."""


Submit = Callable[[UsageRecord, Callable[[Outcome], object]], None]
"""Queues a record and hands over its outcome later, on the event loop's thread; or raises, and has queued nothing."""

OnResponse = Callable[[tuple[int, bytes] | None], object]
"""Takes HTTP status and body; or None, which leaves the request to Spyne, who speaks every caller's fault."""


@dataclass(frozen=True, slots=True)
class _Tags:
    answer: WireForm
    scalars: list[str]
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class _Form:
    """What requests of the same markup have in common."""

    answer: WireForm
    names: int  # the rest of the fields behind the scalars are values
    context: CallContext  # where there are no texts in the header
    key_kind: str | None  # of the key for safe retries, where the header is nothing else


class FastPath:
    """Reads requests on one thread (the event loop's): it keeps a parser of its own."""

    def __init__(
        self,
        make_record: MakeRecord,
        aliases: frozenset[str] = frozenset(),
        element_form: ElementForm = "auto",
        known: TemplateCache[_Form] | None = None,
    ) -> None:
        self._make_record = make_record
        self._parser = new_parser()
        self._known = known or TemplateCache()
        self._tags = {
            (qualified(namespace, REQUEST), form.child(REQUEST_FIELDS[0])): _tags(form, answer_form(form, element_form))
            for namespace in (USAGE_RECORD, *aliases)
            for form in (WireForm(namespace, True), WireForm(namespace, False))
        }

    def read(self, posted: Posted) -> tuple[UsageRecord, WireForm] | None:
        """The record a request states and the form to answer in, or None to leave it to Spyne."""
        try:
            document = as_utf8(posted.body, posted.content_type)
            found = self._in_known_markup(document.decode()) or self._parsed(document)
            if found is None:
                return None
            texts, form, context = found
            return self._make_record(_request(texts, form.names), context, posted), form.answer
        except (CallerError, UnicodeDecodeError):
            return None

    def _in_known_markup(self, document: str) -> tuple[list[str], _Form, CallContext] | None:
        found = self._known.find(document)
        if found is None:
            return None
        form, context = found.meaning, found.meaning.context
        if found.header_texts:
            key = found.header_texts[0].strip()
            if form.key_kind and key:
                context = CallContext(once_key=f"{form.key_kind}:{key}")
            else:
                end_of_envelope = document[document.rindex("<") :]
                context = _context(parse((found.header + end_of_envelope).encode(), self._parser)[0])
        return found.texts, form, context

    def _parsed(self, document: bytes) -> tuple[list[str], _Form, CallContext] | None:
        root = parse(document, self._parser)
        if len(document) > _SURELY_SMALL:
            check_size(root)
        if root.tag != ENVELOPE or not len(root) or _is_irregular(root):
            return None
        *headers, body = root
        if body.tag != BODY or len(body) != 1 or len(headers) > 1:
            return None
        context = _context(headers[0]) if headers else NO_CONTEXT
        fields = list(body[0])
        found = [field.tag for field in fields]
        tags = self._tags.get((body[0].tag, found[0])) if found else None
        if tags is None:
            return None
        names = found.count(tags.name)
        values = len(found) - _SCALARS - names
        if found != [*tags.scalars, *[tags.name] * names, *[tags.value] * values]:
            return None
        texts = [field.text or "" for field in fields]
        if not all(_PLAIN_INTEGER.fullmatch(texts[place]) for place in _DIGITS):
            return None
        form = _Form(tags.answer, names, context, _key_kind(headers, context))
        before = sum(1 for _ in headers[0].iter()) + 3 if headers else 3  # envelope, body and operation
        self._known.learn(document.decode(), before, texts, _DIGITS, form)
        return texts, form, context


class FastWrites:
    """Answers requests that the fast path can read."""

    def __init__(
        self, fast_path: FastPath, submit: Submit, response: ResponseTemplate, wire_id: Callable[[str], str] = str
    ) -> None:
        """`wire_id` writes a record's id as the answer has it."""
        self._fast_path = fast_path
        self._submit = submit
        self._response = response
        self._wire_id = wire_id

    def take(self, posted: Posted, on_response: OnResponse) -> None:
        """Read a request and hand over its response, now or when its record is stored."""
        found = self._fast_path.read(posted)
        if found is None:
            on_response(None)
            return
        record, form = found
        try:
            self._submit(record, lambda outcome: on_response(self._answered(outcome, form)))
        except UsageServiceError as error:
            on_response(self._answer(error, form))

    async def answer(self, posted: Posted) -> tuple[int, bytes] | None:
        """The same for coroutines."""
        response: asyncio.Future[tuple[int, bytes] | None] = asyncio.get_running_loop().create_future()
        self.take(posted, lambda answer: None if response.done() else response.set_result(answer))
        return await response

    def _answered(self, outcome: Outcome, form: WireForm) -> tuple[int, bytes] | None:
        """A callback has no caller that could still answer: a defect must not leave the client without a response."""
        try:
            return self._answer(outcome, form)
        except Exception:
            log.exception("a request failed unexpectedly")
            return self._answer(NotStored("internal error"), form)

    def _answer(self, outcome: Outcome, form: WireForm) -> tuple[int, bytes] | None:
        if isinstance(outcome, Receipt):
            return 200, self._response.fill(self._wire_id(outcome.record_id), form)
        if isinstance(outcome, CallerError):
            return None
        return translation_of(outcome).status, fault_bytes(outcome, form)


def _tags(form: WireForm, answer: WireForm) -> _Tags:
    names = [form.child(name) for name in REQUEST_FIELDS]
    return _Tags(answer, names[:_SCALARS], names[_SCALARS], names[_SCALARS + 1])


def _context(header: etree._Element) -> CallContext:
    """What the header of an envelope says. Raises `CallerError` for what is not for the fast path."""
    if header.tag != HEADER:
        raise Unreadable("there is something else in front of the body")
    if not len(header):
        return NO_CONTEXT
    check_size(header, *_SMALL)
    check_understood(header)
    return read_headers(header)


def _key_kind(headers: Sequence[etree._Element], context: CallContext) -> str | None:
    """The kind of key, where it is the one text of the header."""
    is_alone = [len(block) for header in headers for block in header] == [0]
    return context.once_key.partition(":")[0] if is_alone and context.once_key else None


def _request(texts: Sequence[str], names: int) -> WriteRequest:
    transaction_id, service, event_type, record_time, code = texts[:_SCALARS]
    split = _SCALARS + names
    return WriteRequest(
        transaction_id, service, event_type, int(record_time), int(code), texts[_SCALARS:split], texts[split:]
    )
