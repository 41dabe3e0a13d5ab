"""Hypothesis strategies: good requests broken at random, and records written in every way XML allows."""

import re
from dataclasses import dataclass
from xml.sax.saxutils import escape

from hypothesis import strategies as st

from tests.hostile.corpus import StoredRecord, load_corpus

LOCAL = "http://www.ibm.com/schema/twss/userec/v2_0/local"
TAG = re.compile(rb"<[^<>]*>")
LEAF = re.compile(rb"<([\w:]+)[^<>]*>([^<>]*)</\1>")
NOT_XML = "".join(map(chr, {*range(32)} - {9, 10, 13})) + "\ufffe\uffff"
TOKENS = [
    b"<",
    b">",
    b"&",
    b"/",
    b'"',
    b"\0",
    b"\xff",
    b"]]>",
    b"<!--",
    b"-->",
    b"<!-- x -->",
    b"<![CDATA[",
    b"<![CDATA[x]]>",
    b"<?x y?>",
    b"&amp;",
    b"&#0;",
    b"&#65;",
    b"&x;",
    b"<x/>",
    b"<u:code>1</u:code>",
    b"<code>1</code>",
    b"<u:serviceValues/>",
    b"<u:serviceAttributes>A</u:serviceAttributes>",
    b"</u:service>",
    b"</soapenv:Body>",
    b"<soapenv:Header/>",
    b'<!DOCTYPE e [<!ENTITY x "y">]>',
    b'<?xml version="1.0" encoding="UTF-16"?>',
    b" \t\r\n",
    "é".encode(),
    "１".encode(),
    "\u00a0".encode(),
    "\ufeff".encode(),
    "\U0001f4de".encode(),
    b"1",
    b"-",
    b"_",
    b"9" * 20,
]
ATTRIBUTES = [
    b' xsi:nil="true"',
    b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"',
    b' href="#x"',
    b' id="x"',
    b' xmlns=""',
    b' xmlns="urn:other"',
    b' xmlns:u="urn:other"',
    b' xmlns:u="http://www.ibm.com/schema/twss/userec/v2_0/local"',
    b' soapenv:mustUnderstand="1"',
    b" a='1'",
    b" a",
]
CONTENTS = [
    b"",
    b" ",
    b"0",
    b"-1",
    b" +1\n",
    b"1_0",
    b"1e3",
    "１２".encode(),
    b"2147483648",
    b"9223372036854775807",
    b"&#48;",
    b"<![CDATA[1]]>",
    b"1<!-- -->2",
    b"<x/>",
    b"x" * 128,
    b"a&#13;\r\nb",
    "\u00a0é\U0001f4de".encode(),
]
BASES = [case.body for case in load_corpus() if case.answers == ("stored",) and "twss_pol" not in case.name]
BASES = [body for body in BASES if len(body) < 3_000 and body.isascii()]


@st.composite
def damaged_requests(draw: st.DrawFn) -> bytes:
    """A good request after one to four edits: of its elements, which keep it well-formed, or of its bytes."""
    body = draw(st.sampled_from(BASES))
    edits = draw(st.sampled_from([FINE_EDITS, FINE_EDITS, ROUGH_EDITS, FINE_EDITS + ROUGH_EDITS]))
    for _ in range(draw(st.integers(1, 4))):
        body = draw(st.sampled_from(edits))(draw, body)
    return body


def _flip(draw: st.DrawFn, body: bytes) -> bytes:
    at = _position(draw, body)
    return body[:at] + bytes((draw(st.integers(0, 255)),)) + body[at + 1 :]


def _delete(draw: st.DrawFn, body: bytes) -> bytes:
    at = _position(draw, body)
    return body[:at] + body[at + draw(st.integers(1, 60)) :]


def _insert(draw: st.DrawFn, body: bytes) -> bytes:
    at = _position(draw, body)
    return body[:at] + draw(st.sampled_from(TOKENS)) + body[at:]


def _repeat(draw: st.DrawFn, body: bytes) -> bytes:
    at = _position(draw, body)
    length = draw(st.integers(1, 120))
    return body[: at + length] + body[at : at + length] + body[at + length :]


def _swap_tags(draw: st.DrawFn, body: bytes) -> bytes:
    tags = list(TAG.finditer(body))
    if len(tags) < 2:
        return body
    first, second = sorted(draw(st.lists(st.sampled_from(range(len(tags))), min_size=2, max_size=2, unique=True)))
    a, b = tags[first], tags[second]
    return body[: a.start()] + b.group() + body[a.end() : b.start()] + a.group() + body[b.end() :]


def _add_attribute(draw: st.DrawFn, body: bytes) -> bytes:
    ends = [tag.end() - 1 for tag in TAG.finditer(body) if not tag.group().endswith((b"/>", b"?>", b"->"))]
    at = draw(st.sampled_from(ends)) if ends else len(body)
    return body[:at] + draw(st.sampled_from(ATTRIBUTES)) + body[at:]


def _position(draw: st.DrawFn, body: bytes) -> int:
    return draw(st.integers(0, max(len(body) - 1, 0)))


def _fill_leaf(draw: st.DrawFn, body: bytes) -> bytes:
    leaf = _leaf(draw, body)
    return body[: leaf.start(2)] + draw(st.sampled_from(CONTENTS)) + body[leaf.end(2) :] if leaf else body


def _drop_leaf(draw: st.DrawFn, body: bytes) -> bytes:
    leaf = _leaf(draw, body)
    return body[: leaf.start()] + body[leaf.end() :] if leaf else body


def _copy_leaf(draw: st.DrawFn, body: bytes) -> bytes:
    """Copy one element behind another: itself, its neighbour, or one far away."""
    leaf, place = _leaf(draw, body), _leaf(draw, body)
    return body[: place.end()] + leaf.group() + body[place.end() :] if leaf and place else body


def _leaf(draw: st.DrawFn, body: bytes) -> re.Match[bytes] | None:
    leaves = list(LEAF.finditer(body))
    return draw(st.sampled_from(leaves)) if leaves else None


ROUGH_EDITS = [_flip, _delete, _insert, _repeat, _swap_tags, _add_attribute]
FINE_EDITS = [_fill_leaf, _drop_leaf, _copy_leaf]

characters = st.characters(exclude_categories=["Cs"], exclude_characters=NOT_XML)
values = st.text(characters, max_size=40)
names = st.text(characters, min_size=1, max_size=20).filter(lambda name: not name.isspace())
ids = st.text(
    st.characters(min_codepoint=33, max_codepoint=0xD7FF, exclude_categories=["Z", "Cc"]),
    min_size=1,
    max_size=60,
)


@st.composite
def records(draw: st.DrawFn) -> StoredRecord:
    """Any record that a request can state."""
    return StoredRecord(
        global_transaction_id=draw(ids),
        service=draw(ids),
        event_type=draw(ids),
        record_time=draw(st.integers(-62_135_596_800_000, 253_402_300_799_999)),
        code=draw(st.integers(-(2**31), 2**31 - 1)),
        properties=tuple(draw(st.lists(st.tuples(names, values), max_size=8))),
    )


@dataclass(frozen=True)
class Phrasing:
    """One record, and one of the many requests that state it."""

    record: StoredRecord
    body: bytes


@st.composite
def phrasings(draw: st.DrawFn) -> Phrasing:
    """A record, written with any prefix, with comments, sections and references where XML allows them."""
    record = draw(records())
    prefix = draw(st.sampled_from(["u", "soap", "_x", "é"]))
    children = [
        _element(draw, prefix, name, _spelled(draw, text))
        for name, text in (
            ("globalTransactionID", record.global_transaction_id),
            ("service", record.service),
            ("eventType", record.event_type),
        )
    ]
    children += [
        _element(draw, prefix, name, _number(draw, number))
        for name, number in (("recordTime", record.record_time), ("code", record.code))
    ]
    children += [_element(draw, prefix, "serviceAttributes", _spelled(draw, name)) for name, _ in record.properties]
    children += [_element(draw, prefix, "serviceValues", _spelled(draw, value)) for _, value in record.properties]
    gap = draw(st.sampled_from(["", "\n  ", "<!-- & -->", "\r\n\t", f'<{prefix}:unknown a="1">x</{prefix}:unknown>']))
    request = f"{prefix}:writeUsageRecordRequest"
    text = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        f'<{request} xmlns:{prefix}="{LOCAL}">{gap}{gap.join(children)}{gap}</{request}>'
        "</e:Body></e:Envelope>"
    )
    return Phrasing(record, text.encode())


def _element(draw: st.DrawFn, prefix: str, name: str, content: str) -> str:
    tag = f"{prefix}:{name}" if draw(st.booleans()) else name
    return f"<{tag}>{content}</{tag}>"


def _number(draw: st.DrawFn, number: int) -> str:
    sign = "-" if number < 0 else draw(st.sampled_from(["", "+"]))
    white = draw(st.sampled_from(["", " ", "\r\n", "\t"]))
    return f"{white}{sign}{draw(st.sampled_from(['', '0', '000']))}{abs(number)}{white}"


def _spelled(draw: st.DrawFn, text: str) -> str:
    """A text in two pieces, each spelled in its own way; CR always by reference: it would become LF."""
    cut = draw(st.integers(0, len(text)))
    between = draw(st.sampled_from(["", "<!-- x -->", "<![CDATA[]]>"]))
    return between.join(draw(st.sampled_from(SPELLINGS))(piece) for piece in (text[:cut], text[cut:]))


def _escaped(text: str) -> str:
    return escape(text, {"\r": "&#13;"})


def _as_references(text: str) -> str:
    return "".join(f"&#x{ord(character):x};" for character in text)


def _as_section(text: str) -> str:
    if "\r" in text:
        return _escaped(text)
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


SPELLINGS = [_escaped, _as_references, _as_section]
