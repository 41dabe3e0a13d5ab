"""A bill as an Excel workbook: the records on one sheet, the control totals on another."""

from typing import BinaryIO

from usage_service.spreadsheet.writing import Table, Value, write_xlsx
from usage_service.systems.bridge_billing.emission import Bill, BillingRecord
from usage_service.systems.bridge_billing.output.columns import COLUMNS, CONTROL_COLUMNS, control_values


def write(bill: Bill, file: BinaryIO) -> None:
    """Write both sheets. Identifiers are text cells and keep their zeros; nothing can become a formula."""
    records = Table("records", COLUMNS, map(_row, bill.records))
    control = Table("control", CONTROL_COLUMNS, map(control_values, bill.control))
    write_xlsx([records, control], file)


def _row(record: BillingRecord) -> list[Value]:
    return [getattr(record, column) for column in COLUMNS]
