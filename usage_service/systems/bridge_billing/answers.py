"""Usage Billing's answers in the words of its contract: what Spyne shall write, by element name."""

from usage_service.soap.usage_ledger.answers import Fields, time_text
from usage_service.systems.bridge_billing.accounts import ServiceAccount
from usage_service.systems.bridge_billing.allocation import Reason, Suspended
from usage_service.systems.bridge_billing.assignments import Assignment
from usage_service.systems.bridge_billing.cdr import CdrLine
from usage_service.systems.bridge_billing.imports import Import, ImportFile
from usage_service.systems.bridge_billing.rated import Aggregate, ControlTotal
from usage_service.systems.bridge_billing.runs import Run

REASONS = {
    Reason.UNKNOWN_EXTERNAL_ID: "unknownExternalId",
    Reason.NO_CUSTOMER: "noCustomer",
    Reason.BAD_ROW: "badRow",
}


def account(kept: ServiceAccount) -> Fields:
    """An account."""
    return {
        "service": kept.key.service,
        "externalId": kept.key.external_id,
        "userKey": kept.user_key,
        "customerId": kept.customer_id,
        "createdAt": time_text(kept.created_at),
        "deactivatedAt": time_text(kept.deactivated_at) if kept.deactivated_at else None,
    }


def assignment(found: Assignment) -> Fields:
    """An assignment."""
    return {
        "sequencenumber": found.sequencenumber,
        "validFrom": time_text(found.valid_from),
        "validTo": time_text(found.valid_to) if found.valid_to else None,
        "source": found.source.value,
        "evidence": found.evidence,
        "seenAt": time_text(found.seen_at),
        "missingSince": time_text(found.missing_since) if found.missing_since else None,
    }


def imported_file(file: ImportFile, *, superseded: bool) -> Fields:
    """A file that was taken in."""
    return {
        "sha256": file.sha256,
        "name": file.name,
        "period": file.period,
        "status": "superseded" if superseded else "counts",
        "rows": str(file.rows),
        "importedAt": time_text(file.imported_at),
        "corrects": file.corrects,
        "total": [{"currency": currency, "amount": format(amount, "f")} for currency, amount in file.totals],
    }


def interrupted_file(file: Import) -> Fields:
    """A file whose import did not come to its end."""
    return {
        "sha256": file.sha256,
        "name": file.name,
        "period": file.period,
        "status": "interrupted",
        "corrects": file.corrects,
        "total": [],
    }


def run(made: Run, *, closed: bool) -> Fields:
    """A run with its aggregates and their proof."""
    return {
        "runId": made.run_id,
        "closed": "true" if closed else "false",
        "aggregate": list(map(_aggregate, made.rated.aggregates)),
        "control": list(map(_control, made.rated.control)),
    }


def _aggregate(owed: Aggregate) -> Fields:
    return {
        "customerId": owed.key.customer_id,
        "sequencenumber": owed.key.sequencenumber,
        "userKey": owed.key.user_key,
        "currency": owed.key.currency,
        "total": format(owed.total, "f"),
        "exact": format(owed.exact, "f"),
        "lineCount": str(owed.line_count),
    }


def _control(total: ControlTotal) -> Fields:
    return {
        "currency": total.currency,
        "fileTotal": format(total.file_total, "f"),
        "charged": format(total.charged, "f"),
        "suspended": format(total.suspended, "f"),
        "rounded": format(total.rounded, "f"),
    }


def suspended_line(waiting: Suspended) -> Fields:
    """A line in suspense."""
    item = waiting.item
    fields: Fields = {
        "fileSha256": item.position.file_sha256,
        "row": str(item.position.row),
        "reason": REASONS[waiting.reason],
        "amount": format(item.amount, "f") if item.amount is not None else None,
        "currency": item.currency,
    }
    if isinstance(item, CdrLine):
        return fields | {"service": item.account.service, "externalId": item.account.external_id}
    return fields | {"detail": item.reason}
