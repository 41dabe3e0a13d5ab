"""The Usage Ledger as other SOAP stacks see it: typed verdicts, pages, records and faults."""

import uuid

import pytest

NO_SUCH_ID = "01a1fb83-1f1d-7411-88ff-b7164d8c0403"
MILLISECONDS = 1_351_521_660_540
PROPERTIES = ["NÄME=Grüße & <Küsse>", "AMOUNT=1.50", "AMOUNT= 2.50 ", "EMPTY=", "PARTY=🎉 𝄞"]


@pytest.fixture(scope="module", params=["php", "node", "gsoap", "java", "mono", "zeep"])
def ledger(request, foreign_client, shared_service, tmp_path_factory):
    url = f"{shared_service.url}/soap/usage-ledger?wsdl"
    log = tmp_path_factory.mktemp("client") / "errors.log"
    with foreign_client(request.param, "usage_ledger", url).conversation(log) as conversation:
        yield conversation


@pytest.fixture
def name():
    """A service of its own for each test, since all of them share one database."""
    return f"SERVICE_{uuid.uuid4().hex}"


def record(service, number, *properties, event="StartCall", key=""):
    return "|".join([f"tx-{number}", service, event, str(MILLISECONDS + number), "-2", key, *properties])


def stored_record(record_id, service, number, *properties):
    return "|".join([record_id, f"tx-{number}", service, "StartCall", str(MILLISECONDS + number), "-2", *properties])


def ids(verdicts):
    return [verdict.split("|")[1] for verdict in verdicts]


def test_each_batch_record_gets_typed_verdict(ledger, name):
    good, bad = record(name, 1, key="key-1"), record(name, 2, event=" ")
    first, refused = ledger("write", "bestEffort", good, bad)

    again, still_refused, other = ledger("write", "bestEffort", good, bad, record(name, 3))

    (original, fresh) = ids([first, other])
    assert (first, again, other) == (f"stored|{original}|||", f"duplicate|{original}|||", f"stored|{fresh}|||")
    assert refused == still_refused == "rejected||eventType|UREC0001E|invalid value for eventType: must not be empty"


def test_pages_return_exactly_what_was_written(ledger, name):
    numbers = range(1, 4)
    written = ids(ledger("write", "atomic", *(record(name, number, *PROPERTIES) for number in numbers)))
    expected = [
        stored_record(record_id, name, number, *PROPERTIES) for record_id, number in zip(written, numbers, strict=True)
    ]

    cursor, *first_page = ledger("query", name, "2")
    end, *second_page = ledger("query", name, "2", cursor)

    assert [*first_page, *second_page] == expected
    assert (len(first_page), end) == (2, "")


def test_record_found_by_id_and_voided_once(ledger, name):
    (record_id,) = ids(ledger("write", "atomic", record(name, 7, "A=b")))

    assert ledger("get", record_id) == [stored_record(record_id, name, 7, "A=b")]
    assert ledger("void", record_id) == [f"{record_id}|auditor|TEST|sent twice"]
    (fault,) = ledger("void", record_id)
    assert fault.startswith("FAULT UREC0009E|conflict: {0}|")


def test_faults_arrive_typed(ledger, name):
    unknown = [f"FAULT UREC0008E|there is no {{0}} {{1}}|record,{NO_SUCH_ID}|"]

    assert ledger("void", NO_SUCH_ID) == ledger("get", NO_SUCH_ID) == unknown
    assert ledger("query", name, "2", "nonsense") == [
        "FAULT UREC0001E|invalid value for {0}: {1}|cursor,is not one that was given out|cursor"
    ]
