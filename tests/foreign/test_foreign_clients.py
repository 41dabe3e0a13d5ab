"""The Usage Record contract as other SOAP stacks see it: clients made from, or reading, the served WSDL."""

import json
import uuid
from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"
PROPERTIES = [tuple(pair) for pair in json.loads((DATA / "properties.json").read_text("utf-8"))]
BEYOND_16_BITS = "🎉 𝄞"
LOOKS_ESCAPED = "AT&amp;T"
HARDEST_VALUES = (BEYOND_16_BITS, LOOKS_ESCAPED)
SPOILT_BY_THE_CLIENT = {
    "axis": {BEYOND_16_BITS},  # written as two references to surrogates, see below
    "suds": {LOOKS_ESCAPED},  # taken for XML that is escaped already, and sent bare
}
SERVICE, EVENT_TYPE, RECORD_TIME = "PX21_CN_IMS", "StartCallNotification", "1351521660540"


@pytest.fixture(params=["qualified", "unqualified"])
def element_form(request):
    return request.param


@pytest.fixture
def client(foreign_client, stack, service):
    return foreign_client(stack, "usage_record", service.wsdl_url)


@pytest.fixture
def client_of_either_form(foreign_client, stack, element_form, service):
    urls = {"qualified": service.wsdl_url, "unqualified": service.unqualified_wsdl_url}
    return foreign_client(stack, "usage_record", urls[element_form])


@pytest.fixture
def transaction():
    """An id of its own for each test, since all of them may share one service."""
    return f"Überträger-{uuid.uuid4()}"


def write(client, transaction, *properties, code="0"):
    return client("write", transaction, SERVICE, EVENT_TYPE, RECORD_TIME, code, *properties)


def stored(service, transaction):
    return [row for row in service.records() if row["global_transaction_id"] == transaction]


def properties_of(row):
    return [(name, value) for name, value in row["properties"]]


def test_record_is_stored_as_sent(client_of_either_form, service, transaction):
    record_id = write(client_of_either_form, transaction, *map("=".join, PROPERTIES), code="-2")

    [row] = stored(service, transaction)
    assert row["record_id"] == record_id
    assert (row["service"], row["event_type"]) == (SERVICE, EVENT_TYPE)
    assert (str(row["record_time"]), row["code"]) == (RECORD_TIME, -2)
    assert properties_of(row) == PROPERTIES


def test_fault_arrives_typed_without_storing(client_of_either_form, service, transaction):
    answer = write(client_of_either_form, transaction, "REQUESTER=alice", "CORRELATOR")

    assert answer == "FAULT UREC0002E|serviceAttributes has {0} entries but serviceValues has {1}|2,1"
    assert stored(service, transaction) == []


def test_a_record_without_properties_is_stored(client, service, transaction):
    record_id = write(client, transaction)

    [row] = stored(service, transaction)
    assert (row["record_id"], properties_of(row)) == (record_id, [])


def test_the_hardest_values_survive(client, stack, service, transaction):
    spoilt = SPOILT_BY_THE_CLIENT.get(stack, set())
    properties = [("PARTY", value) for value in HARDEST_VALUES if value not in spoilt]
    write(client, transaction, *map("=".join, properties))

    [row] = stored(service, transaction)
    assert properties_of(row) == properties


@pytest.mark.parametrize("stack", ["axis"])
def test_axis_surrogates_rejected_as_invalid_xml(client, service, transaction):
    """It writes two references to surrogates (&#xD83C;&#xDF89;), which XML 1.0, section 4.1, forbids."""
    answer = write(client, transaction, f"PARTY={BEYOND_16_BITS}")

    assert answer.startswith("FAULT UREC0006E|the request could not be read: {0}|")
    assert stored(service, transaction) == []
