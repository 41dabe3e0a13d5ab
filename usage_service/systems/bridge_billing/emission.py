"""What goes to the billing system: one record per aggregate, or only what a later run changed.

After a correction the billing system gets replacements or differences, never both.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from usage_service.systems.bridge_billing.allocation import AggregateKey
from usage_service.systems.bridge_billing.rated import ControlTotal
from usage_service.systems.bridge_billing.runs import Run, differences


class Form(Enum):
    """How a correction is posted."""

    REPLACEMENT = "replacement"  # the new total of each changed aggregate; 0 for one that is gone
    DIFFERENCE = "difference"  # what to add to the total sent before


@dataclass(frozen=True, kw_only=True, slots=True)
class BillingRecord:
    """One record for the billing system; the fields are its columns, in order."""

    customerid: str
    sequencenumber: str
    total_cost: Decimal
    currency: str
    period: str
    user_key: str
    line_count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Bill:
    """All records of one emission, with what is needed to check them."""

    run_id: str
    supersedes: str | None  # the run whose records these replace or adjust
    form: Form
    period: str
    records: tuple[BillingRecord, ...]
    control: tuple[ControlTotal, ...]  # of the whole run, by currency


def bill(run: Run, superseded: Run | None = None, form: Form = Form.REPLACEMENT) -> Bill:
    """The records to send for a run: all of them, or what changed since the superseded run was sent."""
    period = run.inputs.period.name
    if superseded is None:
        records = [_record(each.key, each.total, period, each.line_count) for each in run.rated.aggregates]
    elif form is Form.REPLACEMENT:
        changed = differences(superseded, run)
        records = [_record(each.key, each.after, period, each.lines_after) for each in changed]
    else:
        changed = differences(superseded, run)
        counts = [each.lines_after - each.lines_before for each in changed]
        records = [_record(each.key, each.delta, period, n) for each, n in zip(changed, counts, strict=True)]
    return Bill(
        run_id=run.run_id,
        supersedes=superseded.run_id if superseded is not None else None,
        form=form,
        period=period,
        records=tuple(records),
        control=run.rated.control,
    )


def _record(key: AggregateKey, total: Decimal, period: str, lines: int) -> BillingRecord:
    return BillingRecord(
        customerid=key.customer_id,
        sequencenumber=key.sequencenumber,
        total_cost=total,
        currency=key.currency,
        period=period,
        user_key=key.user_key,
        line_count=lines,
    )
