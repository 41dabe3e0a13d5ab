"""Names on the wire: namespaces, elements, limits. What is IBM's is spelled as IBM's documentation spells it.

From bytes to a SOAP 1.1 envelope: what every request must be before anybody looks at its operation.

Raises `Unreadable` or one of its kinds below, never a parser's error. A DOCTYPE is refused before the parser sees it;
entities, external references and processing instructions have no way in.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from lxml import etree

from usage_service.errors import Unreadable
from usage_service.record import XML_BLANKS

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


MAX_DEPTH = 32
MAX_NODES = 20_000

ENVELOPE = qualified(SOAP_ENVELOPE, "Envelope")
HEADER = qualified(SOAP_ENVELOPE, "Header")
BODY = qualified(SOAP_ENVELOPE, "Body")
FAULT = qualified(SOAP_ENVELOPE, "Fault")
MUST_UNDERSTAND = qualified(SOAP_ENVELOPE, "mustUnderstand")
ACTOR = qualified(SOAP_ENVELOPE, "actor")

_MEDIA_TYPES = {"", "text/xml", "application/xml"}
_CHARSETS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "iso-8859-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "latin-1": "iso-8859-1",
    "iso8859_1": "iso-8859-1",  # Java's historical names
    "iso8859-1": "iso-8859-1",
    "iso8859_15": "iso-8859-15",
    "cp1252": "cp1252",
    "utf_8": "utf-8",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "cp1252",
}
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DECLARED_ENCODING = re.compile(rb"""\A\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_DOCTYPE_IN_PROLOG = re.compile(rb"\A(?:\xef\xbb\xbf)?(?>\s+|<\?(?>.*?\?>)|<!--(?>.*?-->))*+<!DOCTYPE", re.DOTALL)
_CHARSET_PARAMETER = re.compile(r"""charset\s*=\s*["']?([^"';\s]*)""", re.IGNORECASE)

_UNDERSTOOD_NAMESPACES = {WS_SECURITY, OWN_HEADERS, *WS_ADDRESSING}
_UNDERSTOOD_NAMES = {"twssHeaders"}


class UnsupportedMedia(Unreadable):
    """The body is not one XML document sent as it is (HTTP 415)."""


class TooLarge(Unreadable):
    """The body is longer than the service takes (HTTP 413)."""


class WrongVersion(Unreadable):
    """The envelope is not SOAP 1.1 (fault code VersionMismatch)."""


class NotUnderstood(Unreadable):
    """A header that must be understood is not (fault code MustUnderstand)."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A checked SOAP 1.1 message: its header blocks and the one child of its body."""

    header: etree._Element | None
    operation: etree._Element


def read_envelope(body: bytes, content_type: str | None, max_nodes: int = MAX_NODES) -> Envelope:
    """Parse and check an HTTP request body."""
    root = parse(as_utf8(body, content_type), new_parser())
    check_size(root, max_nodes)
    return open_envelope(root)


def new_parser() -> etree.XMLParser:
    """A parser that fetches nothing, expands nothing and keeps no comments; not to be shared between threads."""
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )


def parse(document: bytes, parser: etree.XMLParser) -> etree._Element:
    """The document element of a document in UTF-8."""
    if b"<!DOCTYPE" in document and _DOCTYPE_IN_PROLOG.match(document):
        raise Unreadable("a DOCTYPE is not allowed")
    try:
        return etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        problem = "the body is not well-formed XML" if document.strip() else "the body is empty"
        raise Unreadable(problem) from error


def as_utf8(body: bytes, content_type: str | None) -> bytes:
    """A request body in UTF-8. The charset of the HTTP header wins, then a byte order mark, then the XML declaration.

    Raises `UnsupportedMedia` or `Unreadable`.
    """
    codec = _stated_codec(content_type or "")
    if codec == "utf-8" and body[:1] == b"<":
        return body
    for mark, marked_codec in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            codec = marked_codec
    if codec is None:
        declared = _DECLARED_ENCODING.match(body)
        codec = _codec(declared.group(1).decode("ascii")) if declared else "utf-8"
    if codec == "utf-8":
        return body
    try:
        return body.decode(codec).encode("utf-8")
    except UnicodeError as error:
        raise Unreadable("the bytes do not fit their character set") from error


@lru_cache(maxsize=64)
def _stated_codec(content_type: str) -> str | None:
    media_type, _, parameters = content_type.partition(";")
    if media_type.strip().lower() not in _MEDIA_TYPES:
        raise UnsupportedMedia(f"the content type {media_type.strip()[:80]} is not text/xml")
    stated = _CHARSET_PARAMETER.search(parameters)
    return _codec(stated.group(1)) if stated and stated.group(1) else None


def _codec(charset: str) -> str:
    codec = _CHARSETS.get(charset.lower())
    if codec is None:
        raise Unreadable(f"the character set {charset[:40]} is not known")
    return codec


def open_envelope(root: etree._Element) -> Envelope:
    """The parts of a document that is one SOAP 1.1 request."""
    if root.tag != ENVELOPE:
        if local_name(root.tag) == "Envelope":
            raise WrongVersion("the envelope is not SOAP 1.1")
        raise Unreadable("the document is not a SOAP envelope")
    parts = list(root)
    header = parts.pop(0) if parts and parts[0].tag == HEADER else None
    if len(parts) != 1 or parts[0].tag != BODY:
        raise Unreadable("the envelope must hold one Body, after an optional Header and with nothing behind it")
    if header is not None:
        check_understood(header)
    operations = list(parts[0])
    if has_loose_text(root) or has_loose_text(parts[0]):
        raise Unreadable("there is text outside the request")
    if len(operations) != 1:
        raise Unreadable(f"the Body must hold one request, it holds {len(operations)}")
    if operations[0].tag == FAULT:
        raise Unreadable("a Fault is not a request")
    return Envelope(header, operations[0])


def has_loose_text(parent: etree._Element) -> bool:
    """Whether anything but blanks stands between the children of an element."""
    return any(text and text.strip(XML_BLANKS) for text in (parent.text, *(child.tail for child in parent)))


def check_size(root: etree._Element, max_nodes: int = MAX_NODES, max_depth: int = MAX_DEPTH) -> None:
    """Raise `Unreadable` for a document, or a part of one, that is deeper or bushier than any request needs to be."""
    nodes = depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "end":
            depth -= 1
            continue
        depth += 1
        nodes += 1 + len(element.attrib)
        if depth > max_depth:
            raise Unreadable(f"elements are nested more than {max_depth} deep")
        if nodes > max_nodes:
            raise Unreadable(f"there are more than {max_nodes} elements and attributes")


def check_understood(header: etree._Element) -> None:
    """Raise `NotUnderstood` for a block that must be understood and is not known."""
    for block in header:
        demanded = block.get(MUST_UNDERSTAND, "0").strip() not in ("0", "false")
        ours = block.get(ACTOR, "") in ("", SOAP_ACTOR_NEXT)
        if demanded and ours and not _is_understood(block.tag):
            raise NotUnderstood(f"the header {local_name(block.tag)[:80]} is not understood")


def _is_understood(tag: str) -> bool:
    return namespace_of(tag) in _UNDERSTOOD_NAMESPACES or local_name(tag) in _UNDERSTOOD_NAMES
