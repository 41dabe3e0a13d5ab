"""The columns of a bill, the same in every format."""

from dataclasses import fields

from usage_service.systems.bridge_billing.emission import BillingRecord
from usage_service.systems.bridge_billing.rated import ControlTotal

COLUMNS = tuple(field.name for field in fields(BillingRecord))
CONTROL_COLUMNS = ("currency", "file_total", "charged", "suspended", "rounded", "rounding_difference")


def values(record: BillingRecord) -> list[str]:
    """The record as text, by column; amounts in plain decimal notation."""
    return [
        record.customerid,
        record.sequencenumber,
        format(record.total_cost, "f"),
        record.currency,
        record.period,
        record.user_key,
        str(record.line_count),
    ]


def control_values(total: ControlTotal) -> list[str]:
    """The control total as text, by column."""
    amounts = (total.file_total, total.charged, total.suspended, total.rounded, total.rounding_difference)
    return [total.currency, *(format(amount, "f") for amount in amounts)]
