"""A second, tiny reader of requests: the standard library's parser and the contract alone.

It does not judge whether a request must be refused; it says what the record is if the request is taken.
"""

from xml.etree import ElementTree

from tests.hostile.corpus import StoredRecord

SOAP_BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"
XML_WHITE_SPACE = " \t\r\n"


class NoRecordError(Exception):
    """The bytes state no record."""


def read_record(body: bytes) -> StoredRecord:
    """The record that a UTF-8 request states; `NoRecordError` if it states none."""
    try:
        root = ElementTree.fromstring(body, ElementTree.XMLParser(encoding="utf-8"))
        ((request,),) = root.findall(SOAP_BODY)
        return _record(request)
    except (ElementTree.ParseError, ValueError) as error:
        raise NoRecordError(str(error)) from error


def _record(request: ElementTree.Element) -> StoredRecord:
    (transaction_id,) = _texts(request, "globalTransactionID")
    (service,) = _texts(request, "service")
    (event_type,) = _texts(request, "eventType")
    (record_time,) = _texts(request, "recordTime")
    (code,) = _texts(request, "code")
    names, values = _texts(request, "serviceAttributes"), _texts(request, "serviceValues")
    return StoredRecord(
        global_transaction_id=_collapsed(transaction_id),
        service=service,
        event_type=event_type,
        record_time=_integer(record_time),
        code=_integer(code),
        properties=tuple(zip(names, values, strict=True)),
    )


def _texts(request: ElementTree.Element, name: str) -> list[str]:
    return [child.text or "" for child in request if child.tag.rpartition("}")[2] == name]


def _integer(text: str) -> int:
    digits = text.strip(XML_WHITE_SPACE)
    if not digits.isascii() or not digits.lstrip("+-").isdigit():
        raise ValueError(f"{digits!r} is not an xsd:integer")
    return int(digits)


def _collapsed(text: str) -> str:
    for white in XML_WHITE_SPACE[1:]:
        text = text.replace(white, " ")
    return " ".join(word for word in text.split(" ") if word)
