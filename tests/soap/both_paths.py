"""Both paths of the SOAP edge in-process, without a socket and without a store, so that they can be compared."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from wsgiref.util import setup_testing_defaults

from lxml import etree

from usage_service.errors import CallerError
from usage_service.record import UsageRecord
from usage_service.soap.engine import Call
from usage_service.soap.faults import ElementForm
from usage_service.soap.headers import Posted
from usage_service.soap.schema import contract_folder, contract_schema
from usage_service.soap.usage_record.fast_path import FastPath, ResponseTemplate
from usage_service.soap.usage_record.request import MakeRecord
from usage_service.soap.usage_record.service import RecordReader, UsageRecordContract, build_usage_record_wsgi
from usage_service.soap.usage_record.template_cache import TemplateCache

RECORD_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
CALLER = "192.0.2.7"
ALIAS = "urn:alias"


def no_reject(_call: Call, _error: CallerError) -> None:
    """Refused requests are not kept here."""


@dataclass(frozen=True)
class Answer:
    """What a path made of a request."""

    status: int
    body: bytes
    record: UsageRecord | None

    @property
    def stated(self) -> tuple[Any, ...]:
        """The body's elements and texts, whatever prefixes they are written with."""
        return _told(etree.fromstring(self.body))

    def texts(self, name: str) -> list[str]:
        """The texts of every element with this local name."""
        return [element.text or "" for element in etree.fromstring(self.body).iterfind(f".//{{*}}{name}")]


def _told(element: etree._Element) -> tuple[Any, ...]:
    return element.tag, dict(element.attrib), element.text, tuple(map(_told, element))


@dataclass
class BothPaths:
    """The Spyne and the fast path, made of the same settings."""

    make_record: MakeRecord = field(default_factory=MakeRecord)
    aliases: frozenset[str] = frozenset({ALIAS})
    response_child: str = "recordID"
    element_form: ElementForm = "auto"
    known: TemplateCache[Any] = field(default_factory=TemplateCache)

    def __post_init__(self) -> None:
        self._taken: list[UsageRecord] = []
        schema = contract_schema(contract_folder() / "UsageRecordInterface.wsdl")
        contract = UsageRecordContract(schema, self.aliases, self.element_form)
        self._wsgi: Callable[..., Iterable[bytes]] = build_usage_record_wsgi(
            RecordReader(contract, self.make_record), self._take, no_reject, response_child=self.response_child
        )
        self._fast = FastPath(self.make_record, self.aliases, self.element_form, self.known)
        self._template = ResponseTemplate(self.response_child)

    def _take(self, record: UsageRecord) -> str:
        self._taken.append(record)
        return RECORD_ID

    def spyne(self, body: bytes, content_type: str = "text/xml") -> Answer:
        """Through Spyne: an answer whatever the body is."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/soap/usage-record",
            "CONTENT_TYPE": content_type,
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": CALLER,
            "wsgi.input": io.BytesIO(body),
        }
        setup_testing_defaults(environ)
        started: list[str] = []
        answer = b"".join(self._wsgi(environ, lambda status, _headers, _error=None: started.append(status)))
        taken = self._taken.pop() if self._taken else None
        return Answer(int(started[-1].split()[0]), answer, taken)

    def fast(self, body: bytes, content_type: str = "text/xml") -> Answer | None:
        """Through the fast path: None where it declines."""
        found = self._fast.read(Posted(body, content_type, CALLER))
        if found is None:
            return None
        record, form = found
        return Answer(200, self._template.fill(RECORD_ID, form), record)
