"""Every format a bill can be written in, by name."""

from typing import BinaryIO, Protocol

from usage_service.systems.bridge_billing.emission import Bill
from usage_service.systems.bridge_billing.output import as_csv, as_json, as_xlsx, as_xml


class Writer(Protocol):
    """Writes a whole bill to an open binary file, and leaves the file open."""

    def __call__(self, bill: Bill, file: BinaryIO) -> None: ...


WRITERS: dict[str, Writer] = {
    "csv": as_csv.write,
    "json": as_json.write,
    "xml": as_xml.write,
    "xlsx": as_xlsx.write,
}
