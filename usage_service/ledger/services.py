"""Everything that the operations of the ledger call, opened together."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from usage_service.ledger.adjustments import Adjustments
from usage_service.ledger.completeness import SourceSequences
from usage_service.ledger.periods import Periods
from usage_service.ledger.records import Records
from usage_service.ledger.rejects import Rejects
from usage_service.ledger.replaying import RecordMany, Replays
from usage_service.ledger.summaries import Summaries

TraceInteraction = Callable[[str], dict[str, Any]]
"""Finds interactions across servers by any of their ids; as plain values. Raises `NotFound`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ledger:
    """One ledger on one database."""

    record_many: RecordMany
    records: Records
    adjustments: Adjustments
    periods: Periods
    sequences: SourceSequences
    summaries: Summaries
    rejects: Rejects
    replays: Replays
    trace_interaction: TraceInteraction
