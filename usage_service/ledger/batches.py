"""Batches: many records in one request, each with its own outcome."""

from collections.abc import Sequence

from usage_service.accounting.receipts import Outcome
from usage_service.errors import InvalidValue, ServiceError

MAX_BATCH = 1_000


def check_batch_size(count: int) -> None:
    """Raise `InvalidValue` for a batch that is empty or too large."""
    if not 1 <= count <= MAX_BATCH:
        raise InvalidValue("record", f"is there {count} times, a batch has 1 to {MAX_BATCH}")


def answerable(outcomes: Sequence[Outcome], *, atomic: bool) -> Sequence[Outcome]:
    """The outcomes, if they say what the caller can do; raises the `ServiceError` that kept the batch out.

    Where it was our fault, sending the same again may help: that is a fault of the request, not a verdict on records.
    """
    ours = [outcome for outcome in outcomes if isinstance(outcome, ServiceError)]
    if ours and (atomic or len(ours) == len(outcomes)):
        raise ours[0]
    return outcomes
