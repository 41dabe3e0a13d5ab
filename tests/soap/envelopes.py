"""Requests as bytes: plain ones by argument, and any at all, from valid to hostile, by Hypothesis."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

from tests.soap.both_paths import ALIAS
from tests.usage_records import xml_texts
from usage_service.soap.envelope import REQUEST_FIELDS, SOAP_ENVELOPE, USAGE_RECORD

Children = Sequence[tuple[str, str]]

PLAIN: Children = (
    ("globalTransactionID", "6f1c0f3e"),
    ("service", "PX21_CN_IMS"),
    ("eventType", "StartCallNotification"),
    ("recordTime", "1351521660540"),
    ("code", "0"),
    ("serviceAttributes", "REQUESTER"),
    ("serviceAttributes", "CORRELATOR"),
    ("serviceValues", "alice"),
    ("serviceValues", "c1"),
)


def envelope(
    children: Children = PLAIN, *, header: str = "", namespace: str = USAGE_RECORD, prefix: str = "u:", blanks: str = ""
) -> str:
    """An envelope; an empty prefix writes the children without a namespace."""
    inner = blanks.join(f"<{prefix}{name}>{written(text)}</{prefix}{name}>" for name, text in children)
    block = f"<s:Header>{header}</s:Header>" if header else ""
    return (
        f'<s:Envelope xmlns:s="{SOAP_ENVELOPE}">{block}<s:Body>{blanks}'
        f'<u:writeUsageRecordRequest xmlns:u="{namespace}">{blanks}{inner}{blanks}</u:writeUsageRecordRequest>'
        f"{blanks}</s:Body></s:Envelope>"
    )


def written(text: str) -> str:
    """A text as it survives an XML parser: carriage returns would become line feeds."""
    return escape(text, {"\r": "&#13;"})


def request_of(*pairs: tuple[str, str], **fields: str) -> str:
    """A plain request with these properties, and other values for single fields."""
    scalars = [(name, fields.get(name, text)) for name, text in PLAIN[:5]]
    names = [("serviceAttributes", name) for name, _ in pairs]
    return envelope([*scalars, *names, *(("serviceValues", value) for _, value in pairs)])


def twss_headers(policies: Children = (), namespace: str = "urn:any", **values: str) -> str:
    """The Access Gateway's header block."""
    children = "".join(f"<t:{name}>{written(text)}</t:{name}>" for name, text in values.items())
    policy = "".join(f"<t:policy attribute={quoteattr(name)} value={quoteattr(text)}/>" for name, text in policies)
    block = f"<t:policies>{policy}</t:policies>" if policies else ""
    return f'<t:twssHeaders xmlns:t="{namespace}">{children}{block}</t:twssHeaders>'


def own_key(key: str) -> str:
    """Our header element for safe retries."""
    return f'<k:idempotencyKey xmlns:k="urn:usage-service:headers:v1">{written(key)}</k:idempotencyKey>'


class Sent(NamedTuple):
    """A body with its content type."""

    body: bytes
    content_type: str


def usually(usual: st.SearchStrategy[Any], odd: Sequence[Any], one_in: int = 16) -> st.SearchStrategy[Any]:
    """Mostly the usual, so that several oddities seldom come together and each is looked at."""
    return st.integers(1, one_in).flatmap(lambda number: usual if number < one_in else st.sampled_from(odd))


_odd_numbers = [
    "",
    " 0 ",
    "+0",
    "-0",
    "007",
    "1e3",
    "0x1",
    "1.0",
    "١",
    "1_000",
    "2147483648",
    "-2147483648",
    "9" * 19,
    "9" * 200,
    "\n5\t",
    "253402300799999",
    "253402300800000",
    "-62135596800000",
    "\u00a05",
    "--1",
    "1 1",
    "9223372036854775807",
]
_numbers = usually(st.integers(-(2**31), 2**31 - 1).map(str), _odd_numbers)
_times = usually(st.integers(0, 2**42).map(str), _odd_numbers)
_ids = usually(
    xml_texts(0, 12).map("x".__add__), [" a  b ", "\t", "x" * 127, "x" * 128, "x" * 251, "", "\u00a0", "a\u2028b"]
)


@st.composite
def _children(draw: st.DrawFn) -> list[tuple[str, str]]:
    values = [draw(_ids), draw(_ids), draw(_ids), draw(_times), draw(_numbers)]
    names = draw(st.lists(xml_texts(0, 8) | st.sampled_from(["REQUESTER", "usage.x"]), max_size=4))
    texts = [draw(xml_texts(0, 12)) for _ in names]
    return [
        *zip(REQUEST_FIELDS[:5], values, strict=True),
        *(("serviceAttributes", name) for name in names),
        *(("serviceValues", text) for text in texts),
    ]


_headers = usually(
    st.just(""),
    [
        twss_headers([("usage.x", "1"), ("customer.y", "2")], requesterID=" alice ", globalTransactionID="t  1"),
        twss_headers([("usage.x", "1"), ("usage.x", "2"), ("usage.", "3")], serviceID="svc"),
        '<x:other xmlns:x="urn:x" s:mustUnderstand="1"/>',
        '<x:other xmlns:x="urn:x" s:mustUnderstand="0">text</x:other>',
        '<a:MessageID xmlns:a="http://www.w3.org/2005/08/addressing" s:mustUnderstand="1">urn:uuid:1</a:MessageID>',
        own_key("k1"),
        own_key(" "),
        own_key("k1") + own_key("k2"),
        "<x>" * 40 + "</x>" * 40,
        "loose text",
    ],
    one_in=4,
)


def _swapped(children: list[tuple[str, str]], place: int) -> list[tuple[str, str]]:
    other = (place + 1) % len(children)
    children = list(children)
    children[place], children[other] = children[other], children[place]
    return children


_Reshape = Callable[[list[tuple[str, str]], int], list[tuple[str, str]]]
_RESHAPES: list[_Reshape] = [
    lambda children, place: children[:place] + children[place + 1 :],
    lambda children, place: [*children[:place], children[place], *children[place:]],
    lambda children, place: [*children[:place], ("unknown", "x"), *children[place:]],
    _swapped,
]


def _as_it_is(children: list[tuple[str, str]], _place: int) -> list[tuple[str, str]]:
    return children


_INTERIORS = [
    "<!-- comment -->",
    "<?pi data?>",
    "<![CDATA[ <a> ]]>",
    "&#65;",
    "&amp;",
    "&nothing;",
    "loose",
    " \n ",
    "<x/>",
    "&#0;",
    "\u00a0",
    "<x:y xmlns:x='urn:x'>z</x:y>",
    "&#13;",
]
_PROLOGS = [
    "",
    '<?xml version="1.0"?>',
    '<?xml version="1.0" encoding="utf-8"?>',
    "<!-- c -->",
    "\n",
    "\ufeff",
    "<!DOCTYPE a>",
    '<!DOCTYPE a [<!ENTITY nothing "x">]>',
    "<?pi?>",
    '<?xml version="1.1"?>',
]
_ATTRIBUTES = [
    ' a="1"',
    ' xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
    ' href="#1"',
    ' xsi:type="xsd:string" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
    ' xmlns:q="urn:q"',
    ' xml:lang="de"',
]
_TYPES = [
    "text/xml",
    'text/xml; charset="utf-8"',
    "text/xml;charset=UTF-8",
    "application/xml",
    "text/xml; charset=latin1",
    "application/json",
    "text/xml; charset=nonsense",
    "",
    "text/xml; charset=utf-16",
]
_CODECS = {"text/xml; charset=latin1": "latin-1", "text/xml; charset=utf-16": "utf-16"}


@st.composite
def sent_requests(draw: st.DrawFn) -> Sent:
    """Any request: most are valid or nearly so, some hostile."""
    children = draw(_children())
    place = draw(st.integers(0, len(children) - 1))
    document = envelope(
        draw(usually(st.just(_as_it_is), _RESHAPES, 6))(children, place),
        header=draw(_headers),
        namespace=draw(usually(st.just(USAGE_RECORD), [ALIAS, "urn:wrong"])),
        prefix=draw(st.sampled_from(["u:", ""])),
        blanks=draw(usually(st.sampled_from(["", "\n  "]), ["\u00a0"], 40)),
    )
    document = _with_interior(document, draw(usually(st.just(""), _INTERIORS, 5)), draw(st.integers(0, 40)))
    document = _with_attribute(document, draw(usually(st.just(""), _ATTRIBUTES, 8)), draw(st.integers(0, 12)))
    document = draw(usually(st.just(""), _PROLOGS, 5)) + document
    content_type = draw(usually(st.just("text/xml"), _TYPES, 8))
    body = document.encode(_CODECS.get(content_type, "utf-8"), "xmlcharrefreplace")
    damaged = [body[:-1], body[1:], body + b"<", body.replace(b"s:", b"z:", 1), body.replace(b"a", b"\xff"), b""]
    return Sent(draw(usually(st.just(body), damaged, 30)), content_type)


def _with_interior(document: str, text: str, number: int) -> str:
    """Put something behind the number-th `>`."""
    pieces = document.split(">")
    number %= len(pieces) - 1
    return ">".join(pieces[: number + 1]) + ">" + text + ">".join(pieces[number + 1 :])


def _with_attribute(document: str, attribute: str, number: int) -> str:
    """Put an attribute into the number-th opening tag."""
    pieces = document.split("<u:")
    number %= len(pieces)
    name, end, rest = pieces[number].partition(">")
    pieces[number] = f"{name}{attribute}{end}{rest}"
    return "<u:".join(pieces)
