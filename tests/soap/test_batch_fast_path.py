"""The two paths for batches, held against each other on generated requests: same items, same verdicts."""

import asyncio
import re
from io import BytesIO
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from tests.running import ROOT
from tests.soap.test_template_cache import RAW_TEXTS
from tests.usage_records import xml_texts
from usage_service.ledger.model import Receipt
from usage_service.ledger.services import Ledger
from usage_service.record import UsageRecord
from usage_service.soap.engine import models_of
from usage_service.soap.headers import Posted
from usage_service.soap.schema import contract_schema, schema_element
from usage_service.soap.usage_ledger.batch_fast_path import BatchFastPath, FastBatches
from usage_service.soap.usage_ledger.rejects import SoapRejects
from usage_service.soap.usage_ledger.service import LedgerOperations, UsageLedgerContract, build_usage_ledger_wsgi

FILE = ROOT / "wsdl" / "UsageLedger.wsdl"
CONTRACT = UsageLedgerContract(contract_schema(FILE))
HEADERS = (
    "",
    "<e:Header><w:MessageID xmlns:w='http://www.w3.org/2005/08/addressing'>m-1</w:MessageID></e:Header>",
    "<e:Header><t:twssHeaders xmlns:t='urn:t'><t:requesterID>alice</t:requesterID></t:twssHeaders></e:Header>",
)


def element(name, value):
    return f"<u:{name}>{escape(value, {chr(13): '&#13;'})}</u:{name}>"


numbers = st.one_of(
    st.integers(-(2**31), 2**31 - 1).map(str), st.sampled_from(["+5", " 7 ", "-0", "99999999999999", "x", "", "1.0"])
)
texts = st.one_of(xml_texts(0, 12), st.sampled_from(["", " ", "a  b", "x" * 300]))
pairs = st.builds(
    lambda name, value: f"<u:property>{element('name', name)}{element('value', value)}</u:property>", texts, texts
)
sequences = st.builds(
    lambda source, epoch, number: (
        f"<u:sequence>{source}{element('epoch', epoch)}{element('number', number)}</u:sequence>"
    ),
    st.just("") | texts.map(lambda text: element("source", text)),
    texts,
    numbers,
)
records = st.builds(
    lambda transaction, service, event, time, code, *rest: (
        "<u:record>"
        + element("globalTransactionID", transaction)
        + element("service", service)
        + element("eventType", event)
        + element("recordTime", time)
        + element("code", code)
        + "".join(rest)
        + "</u:record>"
    ),
    texts,
    texts,
    texts,
    numbers,
    numbers,
    st.lists(pairs, max_size=4).map("".join),
    st.just("") | texts.map(lambda text: element("key", text)),
    st.just("") | sequences,
)
requests = st.builds(
    lambda header, mode, body: (
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/' xmlns:u='urn:usage-service:ledger:v1'>"
        f"{header}<e:Body><u:writeUsageRecords>{element('mode', mode)}{body}</u:writeUsageRecords></e:Body>"
        "</e:Envelope>"
    ),
    st.sampled_from(HEADERS),
    st.sampled_from(["atomic", "bestEffort", "some"]),
    st.lists(records, max_size=4).map("".join),
)


class Recording:
    """A recorder that stores everything and remembers what it was given."""

    def __init__(self) -> None:
        self.taken = []

    def now(self, items, *, atomic=False):
        self.taken = [items, atomic]
        return [Receipt(f"id-{place}") if isinstance(item, UsageRecord) else item for place, item in enumerate(items)]

    async def soon(self, items, *, atomic=False):
        return self.now(items, atomic=atomic)


def said(answer):
    """The content of an answer, without its prefixes."""
    return [(etree.QName(node).localname, node.text) for node in etree.fromstring(answer).iter()]


recording, REJECTS = Recording(), SoapRejects("soap-ledger", None)
parts = dict.fromkeys(Ledger.__dataclass_fields__) | {"record_many": recording.now}
operations = LedgerOperations(lambda: Ledger(**parts), REJECTS).table()
spyne = build_usage_ledger_wsgi(CONTRACT, models_of(schema_element(FILE)), operations, REJECTS)
fast = FastBatches(BatchFastPath(CONTRACT.schema, CONTRACT.max_nodes), recording.soon, REJECTS)


def through_spyne(body):
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": "text/xml; charset=utf-8",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "http",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "PATH_INFO": "/",
        "REMOTE_ADDR": "192.0.2.1",
    }
    return b"".join(spyne(environ, lambda *_: None))


REQUEST = (
    "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/' xmlns:u='urn:usage-service:ledger:v1'>"
    "<e:Body><u:writeUsageRecords><u:mode>atomic</u:mode>"
    "<u:record><u:globalTransactionID>t</u:globalTransactionID><u:service>s</u:service><u:eventType>e</u:eventType>"
    "<u:recordTime> 1 </u:recordTime><u:code>+0</u:code><u:property><u:name/><u:value> </u:value></u:property>"
    "<u:key>k</u:key></u:record></u:writeUsageRecords></e:Body></e:Envelope>"
)


def through_fast_path(body):
    """What is taken and what is answered; None where Spyne is to do it."""
    recording.taken = []
    answer = asyncio.run(fast.answer(Posted(body, "text/xml; charset=utf-8", "192.0.2.1")))
    return answer and ([str(item) for item in recording.taken[0]], recording.taken[1], said(answer[1]))


def assert_agreement(request):
    body = request.encode("utf-8", "surrogatepass")
    first = through_fast_path(body)
    if first is not None:
        slow = through_spyne(body)
        assert first == ([str(item) for item in recording.taken[0]], recording.taken[1], said(slow))


@given(requests)
@example(REQUEST)
def test_fast_path_answers_as_spyne_does(request):
    assert_agreement(request)


RECORD = (
    "<u:record><u:globalTransactionID>t</u:globalTransactionID><u:service>s</u:service><u:eventType>e</u:eventType>"
    "<u:recordTime>1</u:recordTime><u:code>0</u:code><u:property><u:name>N</u:name><u:value>v</u:value></u:property>"
    "<u:key>k</u:key><u:sequence><u:epoch>p</u:epoch><u:number>7</u:number></u:sequence></u:record>"
)
LEAVES = re.findall(">([^<>]+)</", RECORD)


def batch(*records, namespace="urn:usage-service:ledger:v1", header=""):
    return (
        f"<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/' xmlns:u='{namespace}'>{header}"
        f"<e:Body><u:writeUsageRecords><u:mode>bestEffort</u:mode>{''.join(records)}</u:writeUsageRecords></e:Body>"
        "</e:Envelope>"
    )


@example(leaf="0", raw="2147483648", place=1, header="")
@example(leaf="7", raw="9" * 19, place=2, header="")
@given(
    leaf=st.sampled_from(LEAVES),
    raw=st.sampled_from(RAW_TEXTS) | st.text(max_size=12),
    place=st.integers(0, 2),
    header=st.sampled_from(HEADERS),
)
def test_any_text_content_read_as_spyne_does(leaf, raw, place, header):
    assert through_fast_path(batch(RECORD).encode()) is not None  # known, whatever else was learnt since
    changed = [RECORD] * 3
    changed[place] = RECORD.replace(f">{leaf}</", f">{raw}</")
    assert_agreement(batch(*changed, header=header))


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(batch(RECORD, "loose", RECORD), id="text between the records"),
        pytest.param(batch(RECORD, "<u:other/>", RECORD), id="something else between them"),
        pytest.param(batch(RECORD, "<!-- <u:record> -->", RECORD), id="a comment that looks like one"),
        pytest.param(batch(RECORD, RECORD, "<u:record>"), id="a record without an end"),
        pytest.param(batch("<u:record>"), id="nothing but a start"),
        pytest.param(batch("<u:record></u:record>"), id="an empty one"),
        pytest.param(batch(RECORD, "</u:record>"), id="an end too many"),
        pytest.param(batch(RECORD, RECORD, namespace="urn:other"), id="another namespace"),
        pytest.param(
            batch(RECORD, RECORD).replace("'urn:usage", "'urn:other' xmlns:w='urn:usage"), id="other prefixes"
        ),
        pytest.param(batch(*[RECORD] * 1_001), id="too many"),
        pytest.param(batch(RECORD, header=f"<e:Header><h>{RECORD}</h></e:Header>"), id="one in the header"),
        pytest.param(batch(RECORD, header="<e:Header><u:record>x</u:record></e:Header>"), id="no record in the header"),
        pytest.param(batch(RECORD.replace("<u:", "<").replace("</u:", "</")), id="without prefixes"),
    ],
)
def test_unusual_records_read_as_spyne_does(request_):
    assert through_fast_path(batch(RECORD).encode()) is not None
    assert_agreement(request_)


def called(name, prefix="u"):
    return RECORD.replace(">t<", f">{name}<").replace("u:", f"{prefix}:")


def declaring(document):
    """The same with another prefix for the ledger's namespace, and those that types are written with."""
    return document.replace(
        "<e:Envelope ",
        "<e:Envelope xmlns:v='urn:usage-service:ledger:v1' xmlns:xsd='http://www.w3.org/2001/XMLSchema'"
        " xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' ",
    )


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(batch(called("A"), called("C", "v")), id="the last with another prefix"),
        pytest.param(batch(called("X", "v"), called("A"), called("B")), id="the first with another prefix"),
        pytest.param(
            batch(called("X").replace("record>", "record xmlns:w='urn:w'>", 1), called("A"), called("B")),
            id="the first with a declaration of its own",
        ),
        pytest.param(batch(called("X").replace("record>", "record >", 1), called("A")), id="a blank in its tag"),
        pytest.param(batch(f"<!--{called('A')}{called('B')}-->", called("C", "v")), id="in a comment"),
        pytest.param(batch(f"<?x {called('A')}{called('B')}?>", called("C", "v")), id="in an instruction"),
        pytest.param(batch(f"<![CDATA[{called('A')}]]>", called("C", "v")), id="in a CDATA section"),
        pytest.param(
            batch(called("C", "v"), header=f"<e:Header><h>{called('A')}{called('B')}</h></e:Header>"),
            id="in the header",
        ),
    ],
)
def test_record_recognised_by_meaning_not_looks(request_):
    assert through_fast_path(declaring(batch(RECORD)).encode()) is not None
    assert_agreement(declaring(request_))


SCALARS = RECORD[len("<u:record>") : RECORD.index("<u:property>")]
PAIRED = (
    f"<u:record>{SCALARS}<u:property><u:name>n</u:name><u:value>v</u:value></u:property><u:key>7</u:key></u:record>"
)
NUMBERED = (
    f"<u:record>{SCALARS}<u:key>n</u:key><u:sequence><u:epoch>v</u:epoch><u:number>7</u:number></u:sequence></u:record>"
)


@pytest.mark.parametrize("wrong", [NUMBERED, PAIRED.replace("eventType", "service2")], ids=["a form", "a name"])
@pytest.mark.parametrize(
    "teaching",
    [
        lambda wrong: batch(f"<!--{wrong}-->", PAIRED),
        lambda wrong: batch(PAIRED, header=f"<e:Header>{wrong}</e:Header>"),
        lambda wrong: batch(PAIRED, header=f"<e:Header><h>{wrong}</h></e:Header>"),
    ],
    ids=["comment", "header", "deep in the header"],
)
def test_no_caller_teaches_a_wrong_meaning(teaching, wrong):
    """What one client sends must not change what another one's records mean."""
    through_fast_path(teaching(wrong).encode())
    for victim in (batch(wrong), batch(PAIRED, wrong)):
        assert_agreement(victim.replace(">n<", ">one<").replace(">7<", ">42<"))


@pytest.mark.parametrize(
    ("field", "kind", "good", "bad"),
    [("code", "byte", "0", "300"), ("recordTime", "short", "1", "123456"), ("service", "NMTOKEN", "s", "s s")],
)
def test_declared_type_checked_for_every_record(field, kind, good, bad):
    typed = RECORD.replace(f"<u:{field}>", f"<u:{field} xsi:type='xsd:{kind}'>")
    assert through_fast_path(declaring(batch(typed)).encode()) is not None
    assert_agreement(declaring(batch(typed, typed.replace(f">{good}<", f">{bad}<"))))


def test_spyne_accepts_largest_permitted_batch():
    large = RECORD.replace(">v<", f">{'v' * 60_000}<")
    request = batch(*[large] * 40, RECORD.replace(">0<", ">none<"))
    assert len(request) > 2**21
    assert [text for name, text in said(through_spyne(request.encode())) if name == "status"] == [
        *["stored"] * 40,
        "rejected",
    ]


def test_batch_with_many_nodes_left_to_spyne():
    blocks = "<x/>" * CONTRACT.max_nodes
    request = batch(RECORD, header=f"<e:Header><h>{blocks}</h></e:Header>")
    assert through_fast_path(request.encode()) is None
    assert b"more than" in through_spyne(request.encode())


def test_prefixes_mean_what_is_declared():
    inside = RECORD.replace("u:code>", "v:code>")
    declared = "xmlns:v='urn:usage-service:ledger:v1' xmlns:u="
    known = batch(RECORD, inside).replace("xmlns:u=", declared)
    taken = through_fast_path(known.encode())
    assert taken == through_fast_path(known.encode())
    assert len(taken[0]) == 2
    assert_agreement(known.replace(declared, "xmlns:v='urn:other' xmlns:u="))


def test_fast_path_accepts_plain_request():
    assert asyncio.run(fast.answer(Posted(REQUEST.encode(), "text/xml", "192.0.2.1"))) is not None


@given(requests)
def test_every_record_has_verdict_or_fault(request):
    answer = etree.fromstring(through_spyne(request.encode()))

    verdicts = [node for node in answer.iter() if etree.QName(node).localname == "verdict"]
    faults = [node for node in answer.iter() if etree.QName(node).localname == "LedgerFault"]
    assert len(verdicts) == request.count("<u:record>") or len(faults) == 1
