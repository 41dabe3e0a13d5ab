"""A bill as one JSON document. Amounts are strings: JSON numbers are floats to most readers."""

import json
from typing import BinaryIO

from usage_service.systems.bridge_billing.emission import Bill
from usage_service.systems.bridge_billing.output.columns import COLUMNS, CONTROL_COLUMNS, control_values, values


def write(bill: Bill, file: BinaryIO) -> None:
    """Write the records and control totals, UTF-8."""
    document = {
        "run_id": bill.run_id,
        "supersedes": bill.supersedes,
        "form": bill.form.value,
        "period": bill.period,
        "records": [dict(zip(COLUMNS, values(record), strict=True)) for record in bill.records],
        "control": [dict(zip(CONTROL_COLUMNS, control_values(each), strict=True)) for each in bill.control],
    }
    file.write(json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n")
