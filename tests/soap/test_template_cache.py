"""Requests in a markup that is known are read without a parser, and mean the same."""

from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.soap.both_paths import BothPaths
from tests.soap.envelopes import PLAIN, envelope, request_of, twss_headers
from usage_service.soap.headers import Posted
from usage_service.soap.usage_record.fast_path import FastPath
from usage_service.soap.usage_record.request import MakeRecord
from usage_service.soap.usage_record.template_cache import MOST_ALIKE, MOST_CHARACTERS, MOST_COUNTS, TemplateCache

TEXTS = [text for _, text in PLAIN]
DIGITS = {3: 18, 4: 18}
HOLE = "@hole@"

KEY = '<k:idempotencyKey xmlns:k="urn:usage-service:headers:v1">{}</k:idempotencyKey>'
MESSAGE_ID = '<a:MessageID xmlns:a="http://www.w3.org/2005/08/addressing" s:mustUnderstand="1">{}</a:MessageID>'
TWSS = twss_headers([("usage.x", "1")], globalTransactionID=HOLE, requesterID="alice").replace(HOLE, "{}")
HEADERS = ["", "<x:other xmlns:x='urn:x'/>", KEY, MESSAGE_ID, TWSS]

RAW_TEXTS = [
    *("", " ", "plain", "5", "a;b", "%s", "\\1", "{}", "\t", "\n", "\r\n", "\u00a0", "\u2028", "\U0001fffe"),
    *("&amp;", "&lt;b&gt;", "&quot;&apos;", "&#65;", "&#x0;", "&nothing;", "&", "&amp", "&;"),
    *("<x/>", "a>b", "]]>", "<![CDATA[x]]>", "<!-- c -->", "<?pi?>", "</u:service><u:service>", "</u:eventType>"),
    *("\x00", "\x1f", "\x7f", "\x85", "\ufffe", "\uffff", "x" * 128, "x" * 251, "x" * MOST_CHARACTERS),
    *("2147483647", "2147483648", "+7", "-7", " 7", "9" * 18, "9" * 19),
]
raw_texts = st.sampled_from(RAW_TEXTS) | st.text(max_size=12)


def with_text(field: int, raw: str) -> str:
    """The plain request with something else, as it is, in place of one field's text."""
    children = list(PLAIN)
    children[field] = children[field][0], HOLE
    return envelope(children).replace(HOLE, raw)


def learn(markups: TemplateCache[str], document: str, texts: Sequence[str] = TEXTS) -> None:
    elements = sum(1 for _ in etree.fromstring(document.encode()).iter("*"))
    markups.learn(document, elements - len(texts), texts, DIGITS, "meaning")


def known(*documents: str, texts: Sequence[str] = TEXTS) -> TemplateCache[str]:
    markups: TemplateCache[str] = TemplateCache(learn_seconds=0)
    for document in documents:
        learn(markups, document, texts)
    return markups


@pytest.fixture(scope="module")
def paths() -> BothPaths:
    """BothPaths that learn every markup at once."""
    return BothPaths(known=TemplateCache(learn_seconds=0))


@settings(max_examples=max(400, settings.default.max_examples))
@example(field=0, raw="x\x1fy", header="", in_header="")
@example(field=8, raw="&lt;&amp;lt;", header=KEY, in_header="&amp;")
@given(field=st.integers(0, len(PLAIN) - 1), raw=raw_texts, header=st.sampled_from(HEADERS), in_header=raw_texts)
def test_any_text_content_read_as_spyne_does(
    paths: BothPaths, field: int, raw: str, header: str, in_header: str
) -> None:
    assert paths.fast(envelope(header=header.format("text")).encode()) is not None  # known, whatever was learnt since
    written = envelope(header="@header@").replace("<s:Header>@header@</s:Header>", f"<s:Header>{header}</s:Header>")
    start = written.index(">", written.index(f"{PLAIN[field][0]}>{PLAIN[field][1]}<")) + 1
    body = written[:start] + raw + written[start + len(PLAIN[field][1]) :]
    body = body.replace("{}", in_header, 1) if "{}" in header else body
    sent = body.encode("utf-8", "surrogatepass")
    fast, spyne = paths.fast(sent), paths.spyne(sent)
    if fast is not None:
        assert (fast.status, fast.record, fast.stated) == (spyne.status, spyne.record, spyne.stated)


@pytest.mark.parametrize("header", HEADERS, ids=["none", "another", "a key", "a message id", "the gateway"])
def test_template_matches_same_markup_with_other_texts(header: str) -> None:
    markups = known(envelope(header=header.format("one")))
    children = [(name, text if place in DIGITS else f"{text}, other") for place, (name, text) in enumerate(PLAIN)]
    document = envelope(children, header=header.format("two"))
    found = markups.find(document)
    assert found is not None
    assert found.meaning == "meaning"
    assert found.texts == [text for _, text in children]
    assert found.header_texts == [
        text for text in ("two", "alice") if f">{text}<" in document[: document.index("<s:Body>")]
    ]
    assert found.header == document[: document.index("<s:Body>")]


def test_references_are_resolved_once() -> None:
    found = known(envelope()).find(with_text(7, "&lt;&amp;lt;&gt;&quot;&apos;"))
    assert found is not None
    assert found.texts[7] == "<&lt;>\"'"


@pytest.mark.parametrize(
    "raw",
    [
        *("&#65;", "&nothing;", "&", "a>b", "]]>", "<x/>", "<![CDATA[x]]>", "<!-- c -->", "\n", "\x00", "\uffff"),
        pytest.param("x" * MOST_CHARACTERS, id="a very long one"),
    ],
)
def test_unsafe_text_is_left_to_parser(raw: str) -> None:
    assert known(envelope()).find(with_text(7, raw)) is None


@pytest.mark.parametrize("number", ["", " 5", "5 ", "1e3", "9" * 19, "\u0665", "--1"])
def test_ambiguous_number_is_left_to_parser(number: str) -> None:
    assert known(envelope()).find(with_text(4, number)) is None


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(envelope().replace("<u:code>", "<u:code><!-- c -->"), id="a comment"),
        pytest.param(envelope().replace("<u:code>", "<!-- >0</ --><u:code>"), id="a comment like a text"),
        pytest.param(envelope(header="<!-- c --><x:a xmlns:x='urn:x'/>"), id="a comment in the header"),
        pytest.param(envelope().replace("<u:code>0<", "<u:code><![CDATA[0]]><"), id="a CDATA section"),
        pytest.param(envelope().replace("<u:code>", "<?pi > ?><u:code>"), id="a processing instruction"),
        pytest.param(envelope(header="<x:a xmlns:x='urn:x' b='>'/>"), id="a tag's end in an attribute"),
        pytest.param(envelope().replace("alice", "a>e"), id="a tag's end in a text"),
        pytest.param(envelope().replace(">alice<", ">&#97;lice<"), id="a numeric reference"),
        pytest.param(envelope().replace(" ", "\n" * MOST_CHARACTERS + " ", 1), id="a very long one"),
    ],
)
def test_markup_beyond_tags_is_not_learnt(document: str) -> None:
    assert known(document).find(document) is None


def test_self_closed_field_not_replaced_by_header() -> None:
    children = [(name, "7") for name, _ in PLAIN]
    document = envelope(children, header="<x:a xmlns:x='urn:x'>7</x:a>")
    texts = ["7"] * len(PLAIN)
    assert known(document, texts=texts).find(document) is not None
    document = document.replace("<u:globalTransactionID>7</u:globalTransactionID>", "<u:globalTransactionID/>", 1)
    assert known(document, texts=texts).find(document) is None


def test_ever_changing_markup_is_cheap_and_forgotten() -> None:
    alike = [envelope(header=f"<x:a{number} xmlns:x='urn:x'/>") for number in range(MOST_ALIKE + 1)]
    markups = known(*alike)
    assert [markups.find(document) is None for document in alike] == [True] + [False] * MOST_ALIKE
    for number in range(MOST_COUNTS):
        document = envelope(header=f"<x:a xmlns:x='urn:x'>{'<x:b/>' * number}</x:a>")
        learn(markups, document)
    assert markups.find(document) is not None
    assert markups.find(alike[-1]) is None


def test_only_one_markup_learnt_at_once() -> None:
    markups: TemplateCache[str] = TemplateCache()
    first, second = envelope(), envelope(prefix="")
    for document in (first, second):
        learn(markups, document)
    assert markups.find(first) is not None
    assert markups.find(second) is None


def test_a_known_template_needs_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    path = FastPath(MakeRecord())
    assert path.read(Posted(request_of(("NAME", "one")).encode())) is not None
    monkeypatch.setattr("usage_service.soap.usage_record.fast_path.parse", None)
    found = path.read(Posted(request_of(("NAME", "two & a half"), service="PX21_SMS").encode()))
    assert found is not None
    assert found[0].service == "PX21_SMS"
    assert found[0].properties == (("NAME", "two & a half"),)
