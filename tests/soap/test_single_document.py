"""Contracts as one document: no imports, and the same operations."""

import re
from pathlib import Path

import pytest
import zeep
from lxml import etree

from tests.running import ROOT, RunningService
from usage_service.soap.single_document import single_document

FILES = [
    *sorted((ROOT / "wsdl").glob("UsageRecord.wsdl")),
    *sorted((ROOT / "wsdl").glob("UsageRecord-unqualified.wsdl")),
    *sorted((ROOT / "wsdl" / "parlayx").glob("*/*service*.wsdl")),
]


def operations(wsdl: str) -> list[str]:
    """Every operation with its input, its output and its faults."""
    client = zeep.Client(wsdl)
    found = [
        f"{operation.name}({operation.input.signature()}) -> {operation.output.signature()} "
        f"! {sorted(fault.abstract.name.localname for fault in operation.faults.values())}"
        for service in client.wsdl.services.values()
        for port in service.ports.values()
        for operation in port.binding._operations.values()
    ]
    return sorted(re.sub(r"\bns\d+:", "", each) for each in found)  # zeep numbers namespaces as it meets them


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_single_document_has_same_operations(file: Path, tmp_path: Path) -> None:
    document = single_document(file)
    (tmp_path / "single.wsdl").write_bytes(document)
    assert operations(str(tmp_path / "single.wsdl")) == operations(str(file))
    root = etree.fromstring(document)
    assert [element.tag for element in root.iter() if element.get("location") and "import" in str(element.tag)] == []
    assert root.xpath("//@schemaLocation") == []


@pytest.mark.parametrize(
    ("query", "start"),
    [("wsdl=single", b'soap:address location="http'), ("wsdl=1", b"wsdl:import"), ("wsdl&version=2", b"wsdl:import")],
)
def test_any_query_for_wsdl_is_understood(shared_service: RunningService, query: str, start: bytes) -> None:
    status, document = shared_service.get(f"/soap/usage-record?{query}")
    assert (status, start in document) == (200, True)


def test_client_of_single_document_writes(shared_service: RunningService) -> None:
    client = zeep.Client(f"{shared_service.endpoint}?wsdl=single")
    answer = client.service.writeUsageRecord(
        globalTransactionID="single", service="SMS", eventType="E", recordTime=0, code=0
    )
    assert answer
