"""Our errors as SOAP 1.1 faults. One table says which error is which fault."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from lxml import etree

from usage_service.errors import (
    Busy,
    Conflict,
    InvalidValue,
    KeyReused,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    OutcomeUnknown,
    ServiceError,
    StoreUnavailable,
    UnequalArrays,
    Unreadable,
    UsageServiceError,
)
from usage_service.soap.envelope import (
    LEDGER,
    SOAP_ENVELOPE,
    USAGE_RECORD,
    NotUnderstood,
    TooLarge,
    UnsupportedMedia,
    WrongVersion,
    qualified,
)


class Translation(NamedTuple):
    """How one kind of error is stated to a SOAP caller."""

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
    OutcomeUnknown: Translation("Server", "UREC0010E", "whether the record was stored is unknown: {0}", _problem),
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
class WireForm:
    """How a request was written, which its answer mirrors."""

    namespace: str = USAGE_RECORD
    qualified: bool = True

    def child(self, name: str) -> str:
        """The tag of a child element in this form."""
        return qualified(self.namespace, name) if self.qualified else name


class FaultShape(Protocol):
    """How a contract states errors."""

    def envelope(self, error: UsageServiceError, form: WireForm) -> etree._Element:
        """The SOAP envelope that states this error."""


@dataclass(frozen=True, slots=True)
class TypedFault:
    """The typed fault that a contract of ours declares."""

    element: str
    names_field: bool = False  # whether the element at fault has a place of its own
    texts: Mapping[str, str] = field(default_factory=dict)  # by message id, where the contract has words of its own

    def envelope(self, error: UsageServiceError, form: WireForm) -> etree._Element:
        """The SOAP envelope that states this error."""
        translation = translation_of(error)
        text = self.texts.get(translation.message_id, translation.text)
        variables = translation.variables(error)[: text.count("{")]
        envelope, detail = fault_parts(translation.faultcode, _filled(text, variables))
        typed = etree.SubElement(detail, qualified(form.namespace, self.element), nsmap={"u": form.namespace})
        etree.SubElement(typed, form.child("messageID")).text = translation.message_id
        etree.SubElement(typed, form.child("text")).text = text
        for variable in variables:
            etree.SubElement(typed, form.child("variables")).text = variable
        if self.names_field and (named := field_of(error)):
            etree.SubElement(typed, form.child("field")).text = named
        return envelope


OWN_TEXTS = {
    "UREC0003E": "the request could not be carried out: {0}",
    "UREC0004E": "key {0} of service {1} was already used for a different record",
}
"""What our own contracts say, which do more than write records."""

USAGE_RECORD_FAULT = TypedFault("WriteUsageRecordFault")
LEDGER_FAULT = TypedFault("LedgerFault", names_field=True, texts=OWN_TEXTS)

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


def status_of(error: UsageServiceError) -> int:
    """The HTTP status that goes with this error's fault, also where another contract has its own words for it."""
    return next((TRANSLATIONS[kind].status for kind in type(error).__mro__ if kind in TRANSLATIONS), 500)


def field_of(error: UsageServiceError) -> str | None:
    """The element at fault, where one is."""
    return error.field if isinstance(error, InvalidValue) else None


def fault_parts(faultcode: str, faultstring: str) -> tuple[etree._Element, etree._Element]:
    """The envelope of a SOAP fault, and its `detail` to fill."""
    envelope = etree.Element(qualified(SOAP_ENVELOPE, "Envelope"), nsmap={"soapenv": SOAP_ENVELOPE})
    body = etree.SubElement(envelope, qualified(SOAP_ENVELOPE, "Body"))
    fault = etree.SubElement(body, qualified(SOAP_ENVELOPE, "Fault"))
    etree.SubElement(fault, "faultcode").text = f"soapenv:{faultcode}"
    etree.SubElement(fault, "faultstring").text = faultstring
    return envelope, etree.SubElement(fault, "detail")


def fault_bytes(
    error: UsageServiceError, form: WireForm = PUBLISHED_FORM, shape: FaultShape = USAGE_RECORD_FAULT
) -> bytes:
    """The document that states this error."""
    return etree.tostring(shape.envelope(error, form), xml_declaration=True, encoding="UTF-8")


def _filled(text: str, variables: tuple[str, ...]) -> str:
    for position, variable in enumerate(variables):
        text = text.replace(f"{{{position}}}", variable)
    return text
