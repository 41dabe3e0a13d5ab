"""Our errors as SOAP 1.1 faults. One table says which error is which fault."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from lxml import etree

from usage_service.errors import (
    Busy,
    Conflict,
    InvalidValue,
    KeyReused,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    ServiceError,
    StoreUnavailable,
    UnequalArrays,
    Unreadable,
    UsageServiceError,
)
from usage_service.soap.envelope import NotUnderstood, TooLarge, UnsupportedMedia, WrongVersion
from usage_service.soap.names import LEDGER, SOAP_ENVELOPE, USAGE_RECORD, qualified


class Translation(NamedTuple):
    """How one kind of error is told to a SOAP caller."""

    faultcode: str
    message_id: str
    text: str
    variables: Callable[[Any], tuple[str, ...]]
    status: int = 500  # SOAP 1.1 over HTTP: every fault is a 500, unless HTTP itself has the better word


def _problem(error: Any) -> tuple[str, ...]:
    return (error.problem,)


NOT_ALLOWED_TEXT = "the caller is not allowed to write records for service {0}"
UNREADABLE_TEXT = "the request could not be read: {0}"

TRANSLATIONS: dict[type[UsageServiceError], Translation] = {
    InvalidValue: Translation(
        "Client", "UREC0001E", "invalid value for {0}: {1}", lambda error: (error.field, error.problem)
    ),
    UnequalArrays: Translation(
        "Client",
        "UREC0002E",
        "serviceAttributes has {0} entries but serviceValues has {1}",
        lambda error: (str(error.names), str(error.values)),
    ),
    ServiceError: Translation("Server", "UREC0003E", "the record could not be stored: {0}", _problem),
    StoreUnavailable: Translation("Server", "UREC0003E", "the record could not be stored: {0}", _problem),
    KeyReused: Translation(
        "Client",
        "UREC0004E",
        "key {0} was already used for a different record",
        lambda error: (error.key, error.service or ""),
    ),
    NotAllowed: Translation("Client", "UREC0005E", NOT_ALLOWED_TEXT, lambda error: (error.service,)),
    NotAuthenticated: Translation(
        "Client", "UREC0005E", NOT_ALLOWED_TEXT, lambda _error: ("any (not authenticated)",), status=401
    ),
    Unreadable: Translation("Client", "UREC0006E", UNREADABLE_TEXT, _problem),
    UnsupportedMedia: Translation("Client", "UREC0006E", UNREADABLE_TEXT, _problem, status=415),
    TooLarge: Translation("Client", "UREC0006E", UNREADABLE_TEXT, _problem, status=413),
    WrongVersion: Translation("VersionMismatch", "UREC0006E", UNREADABLE_TEXT, _problem),
    NotUnderstood: Translation("MustUnderstand", "UREC0006E", UNREADABLE_TEXT, _problem),
    Busy: Translation("Server", "UREC0007E", "the service is not accepting records: {0}", _problem),
    NotFound: Translation(
        "Client", "UREC0008E", "there is no {0} {1}", lambda error: (error.what, error.identifier[:200])
    ),
    Conflict: Translation("Client", "UREC0009E", "conflict: {0}", lambda error: (str(error),)),
}


@dataclass(frozen=True, slots=True)
class FaultShape:
    """The typed fault that a contract declares."""

    element: str
    names_field: bool = False  # whether the element at fault has a place of its own
    texts: Mapping[str, str] = field(default_factory=dict)  # by message id, where the contract has words of its own

    def text(self, translation: Translation) -> str:
        """The message text with its markers."""
        return self.texts.get(translation.message_id, translation.text)


OWN_TEXTS = {
    "UREC0003E": "the request could not be carried out: {0}",
    "UREC0004E": "key {0} of service {1} was already used for a different record",
}
"""What our own contracts say, which do more than write records."""

USAGE_RECORD_FAULT = FaultShape("WriteUsageRecordFault")
LEDGER_FAULT = FaultShape("LedgerFault", names_field=True, texts=OWN_TEXTS)


@dataclass(frozen=True, slots=True)
class WireForm:
    """How a request was written, which its answer mirrors."""

    namespace: str = USAGE_RECORD
    qualified: bool = True

    def child(self, name: str) -> str:
        """The tag of a child element in this form."""
        return qualified(self.namespace, name) if self.qualified else name


PUBLISHED_FORM = WireForm()
LEDGER_FORM = WireForm(LEDGER)

ElementForm = Literal["auto", "qualified", "unqualified"]
"""Which form answers have: the request's, or one form always."""


def answer_form(asked: WireForm, element_form: ElementForm) -> WireForm:
    """The form to answer a request in, by the service's setting."""
    return asked if element_form == "auto" else WireForm(asked.namespace, element_form == "qualified")


def translation_of(error: UsageServiceError) -> Translation:
    """The table's row for this error, or for the nearest of its bases."""
    return next(TRANSLATIONS[kind] for kind in type(error).__mro__ if kind in TRANSLATIONS)


def field_of(error: UsageServiceError) -> str | None:
    """The element at fault, where one is."""
    return error.field if isinstance(error, InvalidValue) else None


def fault_envelope(
    error: UsageServiceError, form: WireForm = PUBLISHED_FORM, shape: FaultShape = USAGE_RECORD_FAULT
) -> etree._Element:
    """The SOAP envelope that tells this error."""
    translation = translation_of(error)
    text = shape.text(translation)
    variables = translation.variables(error)[: text.count("{")]
    envelope = etree.Element(qualified(SOAP_ENVELOPE, "Envelope"), nsmap={"soapenv": SOAP_ENVELOPE})
    body = etree.SubElement(envelope, qualified(SOAP_ENVELOPE, "Body"))
    fault = etree.SubElement(body, qualified(SOAP_ENVELOPE, "Fault"))
    etree.SubElement(fault, "faultcode").text = f"soapenv:{translation.faultcode}"
    etree.SubElement(fault, "faultstring").text = _filled(text, variables)
    detail = etree.SubElement(fault, "detail")
    typed = etree.SubElement(detail, qualified(form.namespace, shape.element), nsmap={"u": form.namespace})
    etree.SubElement(typed, form.child("messageID")).text = translation.message_id
    etree.SubElement(typed, form.child("text")).text = text
    for variable in variables:
        etree.SubElement(typed, form.child("variables")).text = variable
    if shape.names_field and (field := field_of(error)):
        etree.SubElement(typed, form.child("field")).text = field
    return envelope


def fault_bytes(
    error: UsageServiceError, form: WireForm = PUBLISHED_FORM, shape: FaultShape = USAGE_RECORD_FAULT
) -> bytes:
    """The same as a document to send."""
    return etree.tostring(fault_envelope(error, form, shape), xml_declaration=True, encoding="UTF-8")


def _filled(text: str, variables: tuple[str, ...]) -> str:
    for position, variable in enumerate(variables):
        text = text.replace(f"{{{position}}}", variable)
    return text
