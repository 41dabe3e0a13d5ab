"""The served contract is the file, byte for byte but for the address; and the file has the shape of its profile."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from lxml import etree

from tests.running import ROOT
from usage_service.soap.envelope import REQUEST_FIELDS, USAGE_RECORD
from usage_service.soap.faults import TRANSLATIONS, USAGE_RECORD_FAULT, WireForm
from usage_service.soap.schema import contract_folder, contract_schema, served_contract

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
XSD = "{http://www.w3.org/2001/XMLSchema}"
FILES = sorted((ROOT / "wsdl").glob("UsageRecord*.wsdl"))
PATHS = ["/soap/usage-record", "/UsageRecordService/services/UsageRecord"]
ADDRESS = re.compile(rb'(?<=<soap:address location=")[^"]*(?=")')

every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


def expected(name: str, service) -> bytes:
    return ADDRESS.sub(f"{service.url}{PATHS[1]}".encode(), (ROOT / "wsdl" / name).read_bytes())


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("query", "name"),
    [("wsdl", "UsageRecord.wsdl"), ("WSDL", "UsageRecord.wsdl"), ("wsdl=unqualified", "UsageRecord-unqualified.wsdl")],
)
@pytest.mark.parametrize("host", ["localhost", "evil.example", "127.0.0.1:1"])
def test_served_contract_ignores_requested_host(shared_service, path, query, name, host):
    assert shared_service.get(f"{path}?{query}", Host=host) == (200, expected(name, shared_service))


def test_every_worker_serves_the_same_bytes(shared_service):
    with ThreadPoolExecutor(8) as threads:
        served = set(threads.map(lambda _: shared_service.get(f"{PATHS[0]}?wsdl"), range(60)))
    assert served == {(200, expected("UsageRecord.wsdl", shared_service))}


@every_file
@pytest.mark.parametrize("path", PATHS)
def test_relative_import_of_contract_resolves(shared_service, path, file):
    folder = path.rpartition("/")[0]
    assert shared_service.get(f"{folder}/{file.name}") == (200, expected(file.name, shared_service))


def test_command_line_prints_served_contract(shared_service):
    assert shared_service.run("wsdl").stdout.encode() == expected("UsageRecord.wsdl", shared_service)


def test_only_the_address_is_ever_replaced():
    for file in FILES:
        served = served_contract(file, "urn:elsewhere")
        assert ADDRESS.sub(b"", served) == ADDRESS.sub(b"", file.read_bytes())


@every_file
def test_contract_avoids_soap_12_and_foreign_imports(file):
    document = etree.parse(file)
    namespaces = {uri for element in document.iter() for uri in element.nsmap.values()}
    assert not [uri for uri in namespaces if "soap12" in uri or "2003/05/soap" in uri]
    locations = [element.get("location") for element in document.iter(f"{WSDL}import")]
    assert [location for location in locations if not (ROOT / "wsdl" / location).is_file()] == []


BINDINGS = [file for file in FILES if b"<wsdl:binding" in file.read_bytes()]
INTERFACES = [file for file in FILES if file not in BINDINGS]


@pytest.mark.parametrize("file", BINDINGS, ids=lambda file: file.name)
def test_binding_is_ws_i_document_literal(file):
    """WS-I Basic Profile 1.1: R2701, R2702, R2705, R2706, R2745."""
    document = etree.parse(file)
    (binding,) = document.iter(f"{SOAP}binding")
    assert (binding.get("style"), binding.get("transport")) == ("document", "http://schemas.xmlsoap.org/soap/http")
    assert {operation.get("soapAction") for operation in document.iter(f"{SOAP}operation")} == {""}
    assert {body.get("use") for body in document.iter(f"{SOAP}body", f"{SOAP}fault")} == {"literal"}
    faults = [(f.getparent().get("name"), f.get("name")) for f in document.iter(f"{SOAP}fault")]
    assert faults == [("WriteUsageRecordFault", "WriteUsageRecordFault")]


@pytest.mark.parametrize("file", INTERFACES, ids=lambda file: file.name)
def test_interface_has_one_element_per_message(file):
    """WS-I Basic Profile 1.1: R2204 (document/literal parts are elements), R2201 (at most one part in the body)."""
    document = etree.parse(file)
    parts = [message.findall(f"{WSDL}part") for message in document.iter(f"{WSDL}message")]
    assert [len(found) for found in parts] == [1, 1, 1]
    assert all(part.get("element") and not part.get("type") for (part,) in parts)


@pytest.mark.parametrize("file", INTERFACES, ids=lambda file: file.name)
def test_request_elements_follow_documented_order(file):
    request = etree.parse(file).find(f".//{XSD}element[@name='writeUsageRecordRequest']")
    assert request is not None
    stated = [
        (e.get("name"), e.get("type"), e.get("minOccurs", "1"), e.get("maxOccurs", "1"))
        for e in request.find(f"{XSD}complexType/{XSD}sequence")
    ]
    types = ["xsd:string"] * 3 + ["xsd:long", "xsd:int"]
    scalars = [(name, kind, "1", "1") for name, kind in zip(REQUEST_FIELDS, types, strict=False)]
    assert stated == [*scalars, *((name, "xsd:string", "0", "unbounded") for name in REQUEST_FIELDS[5:])]


def test_contracts_differ_only_in_element_form():
    qualified = (ROOT / "wsdl" / "UsageRecordInterface.wsdl").read_text("utf-8").partition("<wsdl:types>")[2]
    unqualified = (
        (ROOT / "wsdl" / "UsageRecordInterface-unqualified.wsdl").read_text("utf-8").partition("<wsdl:types>")[2]
    )
    assert qualified.replace('elementFormDefault="qualified"', 'elementFormDefault="unqualified"') == unqualified


@pytest.mark.parametrize("error", TRANSLATIONS, ids=lambda error: error.__name__)
@pytest.mark.parametrize("qualified", [True, False])
def test_every_fault_is_valid_and_complete(error, qualified):
    initialise = getattr(error.__init__, "__code__", None)  # an error without one takes its message
    made = error(*["1"] * (initialise.co_argcount - 1 if initialise else 1))
    fault = USAGE_RECORD_FAULT.envelope(made, WireForm(USAGE_RECORD, qualified))
    (typed,) = fault.iter("detail")
    file = "UsageRecordInterface.wsdl" if qualified else "UsageRecordInterface-unqualified.wsdl"
    contract_schema(contract_folder() / file).compiled.assertValid(typed[0])
    texts = [child.text for child in typed[0]]
    assert len(re.findall(r"\{\d\}", texts[1])) == len(texts) - 2
    assert "{" not in fault.findtext(".//faultstring")
