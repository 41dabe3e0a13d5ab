"""A bill as CSV (RFC 4180), one row per record."""

import csv
import io
from typing import BinaryIO

from usage_service.systems.bridge_billing.emission import Bill
from usage_service.systems.bridge_billing.output.columns import COLUMNS, values

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
NUMBERS = {"total_cost", "line_count"}


def write(bill: Bill, file: BinaryIO) -> None:
    """Write the records, UTF-8. Text a spreadsheet would take for a formula gets an apostrophe."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for record in bill.records:
        rows.writerow(
            value if column in NUMBERS else harmless(value)
            for column, value in zip(COLUMNS, values(record), strict=True)
        )
    text.flush()
    text.detach()  # the file belongs to our caller


def harmless(text: str) -> str:
    """The text, with an apostrophe in front if a spreadsheet would run it (OWASP, "CSV Injection")."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
