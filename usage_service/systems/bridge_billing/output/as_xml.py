"""A bill as XML in the namespace of the billing service."""

from typing import BinaryIO
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from usage_service.systems.bridge_billing.emission import Bill
from usage_service.systems.bridge_billing.output.columns import COLUMNS, CONTROL_COLUMNS, control_values, values
from usage_service.xml_text import to_xml_text

NAMESPACE = "urn:usage-service:billing:v1"


def write(bill: Bill, file: BinaryIO) -> None:
    """Write the records and control totals, UTF-8. A character that XML cannot hold becomes U+FFFD."""
    root = Element("bill", xmlns=NAMESPACE, runId=bill.run_id, form=bill.form.value, period=bill.period)
    if bill.supersedes is not None:
        root.set("supersedes", bill.supersedes)
    for record in bill.records:
        _element(root, "record", COLUMNS, values(record))
    for total in bill.control:
        _element(root, "control", CONTROL_COLUMNS, control_values(total))
    indent(root)
    ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)


def _element(parent: Element, name: str, columns: tuple[str, ...], texts: list[str]) -> None:
    element = SubElement(parent, name)
    for column, text in zip(columns, texts, strict=True):
        SubElement(element, column).text = to_xml_text(text)
