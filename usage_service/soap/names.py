"""Names on the wire: namespaces, elements, limits. What is IBM's is spelled as IBM's documentation spells it."""

from typing import Final

SOAP_ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_ACTOR_NEXT: Final = "http://schemas.xmlsoap.org/soap/actor/next"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
WS_SECURITY: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WS_SECURITY_UTILITY: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WS_ADDRESSING: Final = (
    "http://www.w3.org/2005/08/addressing",
    "http://schemas.xmlsoap.org/ws/2004/08/addressing",
)

USAGE_RECORD: Final = "http://www.ibm.com/schema/twss/userec/v2_0/local"
"""Namespace of the request, response and fault elements of the Usage Record component."""

REQUEST_FIELDS: Final = (
    "globalTransactionID",
    "service",
    "eventType",
    "recordTime",
    "code",
    "serviceAttributes",
    "serviceValues",
)
"""The children of `writeUsageRecordRequest`, in their order; the last two repeat."""

LEDGER: Final = "urn:usage-service:ledger:v1"
"""Namespace of the Usage Ledger, which is ours."""

OWN_HEADERS: Final = "urn:usage-service:headers:v1"
"""Namespace of the header elements that are ours: `idempotencyKey`, `sourceSequence`, and our own `twssHeaders`."""


def qualified(namespace: str, name: str) -> str:
    """A name in Clark notation: `{namespace}name`."""
    return f"{{{namespace}}}{name}"


def local_name(tag: str) -> str:
    """The part of a Clark name behind the namespace."""
    return tag.rpartition("}")[2]


def namespace_of(tag: str) -> str:
    """The namespace of a Clark name, empty if it has none."""
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""
