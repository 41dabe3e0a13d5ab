"""The billing nouns as flat rows, for whoever keeps them: the service's store and the Django application alike.

Each noun has a pair of functions, `…_row` and `…_from`; together they lose nothing.
"""

import json
from datetime import datetime
from typing import Any, Protocol

from usage_service.systems.bridge_billing.accounts import AccountKey, Customer, ServiceAccount
from usage_service.systems.bridge_billing.assignments import (
    Assignment,
    Backdated,
    Change,
    Closed,
    Confirmed,
    Missed,
    Opened,
    Source,
)
from usage_service.systems.bridge_billing.cdr import CdrLine, Position, Rejected
from usage_service.systems.bridge_billing.imports import Import

Row = dict[str, Any]


class Columns(Protocol):
    """A row as a database gives it back."""

    def __getitem__(self, name: str, /) -> Any: ...


LINE_VALUES = (
    "amount",
    "currency",
    "conference_id",
    "minutes",
    "quantity",
    "participant",
    "calling_number",
    "called_number",
    "access_type",
    "billing_code",
    "tax",
    "rate",
    "raw",
)
"""The fields of a line whose columns bear their own name."""

CHANGE_COLUMNS = (
    "kind",
    "number",
    "sequencenumber",
    "valid_from",
    "valid_to",
    "source",
    "evidence",
    "seen_at",
    "missing_since",
    "actor",
    "reason",
    "recorded_at",
)


def customer_row(customer: Customer) -> Row:
    """A customer's columns."""
    return {
        "customer_id": customer.customer_id,
        "default_sequencenumber": customer.default_sequencenumber,
        "currency": customer.currency,
        "entity_ids": json.dumps(sorted(customer.entity_ids)),
        "scopes": json.dumps(sorted(customer.scopes)),
    }


def customer_from(row: Columns) -> Customer:
    """The customer in a row."""
    return Customer(
        customer_id=row["customer_id"],
        default_sequencenumber=row["default_sequencenumber"],
        currency=row["currency"],
        entity_ids=frozenset(json.loads(row["entity_ids"])),
        scopes=frozenset(json.loads(row["scopes"])),
    )


def account_row(account: ServiceAccount) -> Row:
    """An account's columns."""
    return {
        "service": account.key.service,
        "external_id": account.key.external_id,
        "user_key": account.user_key,
        "customer_id": account.customer_id,
        "created_at": account.created_at,
        "deactivated_at": account.deactivated_at,
    }


def account_from(row: Columns) -> ServiceAccount:
    """The account in a row."""
    return ServiceAccount(
        key=AccountKey(row["service"], row["external_id"]),
        user_key=row["user_key"],
        customer_id=row["customer_id"],
        created_at=row["created_at"],
        deactivated_at=row["deactivated_at"],
    )


def change_row(change: Change, recorded_at: datetime) -> Row:
    """A change's columns; those it has no use for are empty."""
    row: Row = dict.fromkeys(CHANGE_COLUMNS)
    match change:
        case Opened(assignment):
            row |= {name: getattr(assignment, name) for name in _ASSIGNMENT_COLUMNS}
            row |= {"kind": "opened", "source": assignment.source.value}
        case Closed(number, valid_to):
            row |= {"kind": "closed", "number": number, "valid_to": valid_to}
        case Confirmed(number, seen_at):
            row |= {"kind": "confirmed", "number": number, "seen_at": seen_at}
        case Missed(number, at):
            row |= {"kind": "missed", "number": number, "missing_since": at}
        case Backdated(_, effective_from, actor, reason):
            row |= {"kind": "backdated", "valid_from": effective_from, "actor": actor, "reason": reason}
    return row | {"recorded_at": recorded_at}


_ASSIGNMENT_COLUMNS = (
    "number",
    "sequencenumber",
    "valid_from",
    "valid_to",
    "source",
    "evidence",
    "seen_at",
    "missing_since",
)


def change_from(row: Columns) -> Change:
    """The change in a row."""
    match row["kind"]:
        case "opened":
            values = {name: row[name] for name in _ASSIGNMENT_COLUMNS} | {"source": Source(row["source"])}
            return Opened(Assignment(**values))
        case "closed":
            return Closed(row["number"], row["valid_to"])
        case "confirmed":
            return Confirmed(row["number"], row["seen_at"])
        case "missed":
            return Missed(row["number"], row["missing_since"])
        case _:
            return Backdated(row["recorded_at"], row["valid_from"], row["actor"], row["reason"])


def line_row(line: CdrLine) -> Row:
    """A line's columns, without what all lines of a file share."""
    return {name: getattr(line, name) for name in LINE_VALUES} | {
        "file_sha256": line.position.file_sha256,
        "row_no": line.position.row,
        "row_hash": line.row_hash,
        "service": line.account.service,
        "external_id": line.account.external_id,
        "start_at": line.start,
        "end_at": line.end,
        "remarks": json.dumps(line.remarks),
    }


def line_from(row: Columns, file: Import) -> CdrLine:
    """The line in a row of that file."""
    return CdrLine(
        position=position(row, file),
        account=AccountKey(row["service"], row["external_id"]),
        start=row["start_at"],
        end=row["end_at"],
        remarks=tuple(json.loads(row["remarks"])),
        **{name: row[name] for name in LINE_VALUES},
    )


def reject_row(reject: Rejected) -> Row:
    """A rejected row's columns."""
    return {
        "file_sha256": reject.position.file_sha256,
        "row_no": reject.position.row,
        "reason": reject.reason,
        "amount": reject.amount,
        "currency": reject.currency,
        "raw": reject.raw,
    }


def reject_from(row: Columns, file: Import) -> Rejected:
    """The reject in a row of that file."""
    values = {name: row[name] for name in ("reason", "amount", "currency", "raw")}
    return Rejected(position=position(row, file), **values)


def position(row: Columns, file: Import) -> Position:
    """Where a row of that file stands."""
    return Position(file.sha256, file.sheet, row["row_no"], file.layout)
