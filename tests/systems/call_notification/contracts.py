"""The shipped Parlay X contracts as tests see them: one schema and one list of operations for each WSDL.

`python -m tests.systems.call_notification.contracts` writes the golden list anew.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import zeep
from lxml import etree

WSDLS = Path(__file__).parents[3] / "wsdl" / "parlayx"
SIGNATURES = Path(__file__).parent / "data" / "signatures.txt"
XSD = "http://www.w3.org/2001/XMLSchema"


def services() -> list[Path]:
    """Every WSDL that has a binding and an address."""
    return sorted(WSDLS.glob("*/*_service_*.wsdl"))


def schemas(edition: str) -> Iterator[etree.XMLSchema]:
    """Every schema of an edition: those inside its WSDLs, and the common types."""
    for path in sorted((WSDLS / edition).iterdir()):
        found = [etree.parse(str(path)).getroot()]
        if path.suffix == ".wsdl":
            found = found[0].findall(f".//{{{XSD}}}schema[@targetNamespace]")
        for schema in found:
            # A schema taken out of its WSDL still imports from where the WSDL is.
            yield etree.XMLSchema(etree.fromstring(etree.tostring(schema), base_url=str(path)))


def is_valid(edition: str, document: etree._Element) -> bool:
    """Whether any schema of the edition declares the element and finds nothing wrong with it."""
    return any(schema.validate(document) for schema in schemas(edition))


def signatures() -> str:
    """Every operation of every service with its namespace, its input and its output."""
    lines = []
    for path in services():
        client = zeep.Client(str(path))
        (service,) = client.wsdl.services.values()
        (port,) = service.ports.values()
        lines.append(f"{path.parent.name} {port.name} at {port.binding_options['address']}")
        lines.append(f"  binding {port.binding.name}")
        for operation in port.binding._operations.values():
            output = operation.output.signature(as_output=True)
            faults = " ".join(sorted(operation.abstract.fault_messages))
            lines.append(f"  {operation.input.body.qname} ({operation.input.signature()}) -> {output} {faults}")
    # The prefixes of types are Zeep's own numbering.
    return re.sub(r"\bns\d+:", "", "\n".join(line.rstrip() for line in lines) + "\n")


if __name__ == "__main__":
    SIGNATURES.write_text(signatures())
