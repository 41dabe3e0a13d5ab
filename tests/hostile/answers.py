"""What a service answered, in the words of the corpus; and what no answer may contain.

Read with the standard library's parser, not the service's.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from xml.etree import ElementTree

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
LOCAL = "{http://www.ibm.com/schema/twss/userec/v2_0/local}"
CODES_OF_MESSAGES = {
    "UREC0001E": "Client",
    "UREC0002E": "Client",
    "UREC0003E": "Server",
    "UREC0004E": "Client",
    "UREC0005E": "Client",
    "UREC0006E": "Client",
    "UREC0007E": "Server",
}
LEAKS = {
    "a stack trace": r"Traceback|most recent call|, in <module>|\bat 0x[0-9a-f]{6}",
    "a file name": r"\b\w+\.(py|pyc|so|xsd|cfg|ini|toml)\b|/usr\b|/home\b|/opt\b|/etc\b|/tmp\b|site-packages|file://",
    "SQL": r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\s|\busage_(property|record)\b|sqlite|psycopg",
    "a parser's position": r"\bline \d+|\bcolumn \d+|<string>",
    "a library's name": r"lxml|libxml|spyne|sqlalchemy|xmlSAX|xmlParse|XMLSyntaxError|\w+Error\(",
    "a content of this machine": r"root:x:0|daemon:",
}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A SOAP 1.1 fault with the contract's detail, or without any (`message_id` is None)."""

    code: str
    string: str
    message_id: str | None
    text: str
    variables: tuple[str, ...]
    form: str  # of the detail's children: qualified or unqualified


def outcome(answer: Answer | None) -> str:
    """The answer in the words of corpus/README.md."""
    if answer is None:
        return "closed"
    if answer.status == 200 and _has_record_id(answer):
        return "stored"
    if answer.status != 500:
        return str(answer.status)
    fault = read_fault(answer.body)
    if fault.code not in {"Client", "Server"} or fault.message_id is None:
        return fault.code
    return f"{fault.message_id} {fault.variables[0]}" if fault.message_id == "UREC0001E" else fault.message_id


def is_one_of(found: str, allowed: tuple[str, ...]) -> bool:
    """Whether the outcome is among the correct ones; `UREC0001E` alone allows any element."""
    return any(found == answer or found.startswith(f"{answer} ") for answer in allowed)


def read_fault(body: bytes) -> Fault:
    """The fault of an answer; fails loudly if it is anything but one well-formed fault."""
    prefixes = dict(item for _, item in ElementTree.iterparse(BytesIO(body), events=["start-ns"]))
    root = ElementTree.fromstring(body)
    (fault,) = root.findall(f"{SOAP}Body/{SOAP}Fault")
    prefix, _, code = fault.findtext("faultcode", "").strip().partition(":")
    assert f"{{{prefixes[prefix]}}}" == SOAP, f"the faultcode's prefix {prefix} is not SOAP's"
    (detail,) = fault.findall("detail") or [ElementTree.Element("detail")]
    typed = next(iter(detail), None)
    if typed is None:
        return Fault(code=code, string=_text(fault, "faultstring"), message_id=None, text="", variables=(), form="any")
    assert [child.tag for child in detail] == [f"{LOCAL}WriteUsageRecordFault"]
    form = "unqualified" if typed.find("messageID") is not None else "qualified"
    name = LOCAL if form == "qualified" else ""
    variables = tuple(child.text or "" for child in typed.findall(f"{name}variables"))
    assert [child.tag for child in typed] == [f"{name}messageID", f"{name}text"] + [f"{name}variables"] * len(variables)
    return Fault(
        code=code,
        string=_text(fault, "faultstring"),
        message_id=_text(typed, f"{name}messageID"),
        text=_text(typed, f"{name}text"),
        variables=variables,
        form=form,
    )


def fault_mistakes(answer: Answer, form: str) -> Iterator[str]:
    """What is wrong with a fault, beyond what it says: code, status, media type, text and form."""
    fault = read_fault(answer.body)
    if not answer.headers.get("content-type", "").startswith("text/xml"):
        yield "a SOAP 1.1 answer is text/xml"
    if not fault.string:
        yield "the faultstring is empty"
    if fault.message_id is None:
        if fault.code in {"Client", "Server"}:
            yield "a fault about the Body carries a detail"
        return
    if fault.code in {"Client", "Server"} and CODES_OF_MESSAGES.get(fault.message_id) != fault.code:
        yield f"{fault.message_id} is not a {fault.code} fault"
    if len(re.findall(r"\{\d\}", fault.text)) != len(fault.variables):
        yield "as many variables as markers"
    if fault.string != _filled(fault.text, fault.variables):
        yield f"the faultstring is not the text with its variables: {fault.string[:200]}"
    if form not in {"any", fault.form}:
        yield f"the detail's children are {fault.form}, the request's were {form}"


def leaks(answer: Answer, question: bytes = b"") -> list[str]:
    """What the answer tells about the inside of the service; words that the caller sent are not news."""
    shown = f"{answer.headers} {answer.body.decode('utf-8', 'replace')}"
    asked = question.decode("utf-8", "replace")
    return [
        f"{what}: {found.group()!r}"
        for what, pattern in LEAKS.items()
        for found in re.finditer(pattern, shown)
        if found.group() not in asked
    ]


def _has_record_id(answer: Answer) -> bool:
    root = ElementTree.fromstring(answer.body)
    (response,) = root.findall(f"{SOAP}Body/{LOCAL}writeUsageRecordResponse")
    (record_id,) = response
    return bool(record_id.text) and record_id.tag in {f"{LOCAL}recordID", "recordID"}


def _filled(text: str, variables: tuple[str, ...]) -> str:
    return re.sub(r"\{(\d)\}", lambda marker: variables[int(marker.group(1))], text)


def _text(parent: ElementTree.Element, name: str) -> str:
    return parent.findtext(name) or ""
