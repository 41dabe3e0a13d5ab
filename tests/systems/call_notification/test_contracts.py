"""The Parlay X WSDLs say on the wire what the standard's clients and servers expect."""

from pathlib import Path

import pytest
import zeep
from lxml import etree

from tests.systems.call_notification.contracts import SIGNATURES, WSDLS, is_valid, services, signatures

SAMPLES = sorted((Path(__file__).parent / "data" / "contracts").glob("*.xml"))
MANAGER = WSDLS / "3.0" / "parlayx_call_notification_manager_service_3_2.wsdl"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_sample_validity_matches_its_file_name(sample: Path) -> None:
    word, edition, *_ = sample.stem.split("-")
    assert is_valid(edition, etree.parse(str(sample)).getroot()) == (word == "valid")


def test_every_operation_has_the_published_signature() -> None:
    assert signatures() == SIGNATURES.read_text()


@pytest.mark.parametrize("path", services(), ids=lambda path: path.stem)
def test_bindings_are_soap_11_document_literal(path: Path) -> None:
    binding = etree.parse(str(path)).getroot()
    names = {"soap": "http://schemas.xmlsoap.org/wsdl/soap/"}
    assert set(binding.xpath("//soap:binding/@style", namespaces=names)) == {"document"}
    assert set(binding.xpath("//@use")) == {"literal"}
    assert set(binding.xpath("//soap:operation/@soapAction", namespaces=names)) == {""}


def test_generated_client_leaves_reference_parts_unqualified() -> None:
    client = zeep.Client(str(MANAGER))
    reference = {"endpoint": "http://app/cn", "interfaceName": "CallNotification", "correlator": "c1"}
    envelope = client.create_message(
        client.service,
        "startCallNotification",
        reference=reference,
        addresses=["tel:+4681234"],
        criteria=["Busy"],
    )
    message = envelope.find(f"{SOAP}Body")[0]
    assert {etree.QName(child).namespace for child in message} == {etree.QName(message).namespace}
    assert [child.tag for child in message[0]] == ["endpoint", "interfaceName", "correlator"]
    assert is_valid("3.0", etree.fromstring(etree.tostring(message)))
