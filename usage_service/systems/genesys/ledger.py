"""Usage records of interactions in the ledger: each once, corrected when late news changes what it says.

A record's idempotency key says what it is about (a call on a server, an interaction), not what it says. The first
record under a key is stored as any other; when the key is met again with other content, what stands for the key now
is replaced by a correction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from usage_service.errors import CallerError, Conflict, KeyReused, NotStored, UsageServiceError
from usage_service.ledger.adjustments import Adjustments
from usage_service.ledger.commit_queue import CommitQueue
from usage_service.ledger.model import Outcome, Reason, Receipt
from usage_service.ledger.standing import Standing
from usage_service.record import UsageRecord, content_digest

GROUP = 500
"""Records written together."""

ACTOR = "genesys"
CORRECTED = Reason(actor=ACTOR, code="LATE_EVENTS", text="later events tell more of the call or its interaction")
VOIDED = Reason(actor=ACTOR, code="SUPERSEDED", text="later events made the call or interaction part of another")


class FindStanding(Protocol):
    """Which record stands for a service's idempotency key now."""

    def __call__(self, service: str, key: str) -> Standing | None: ...


@dataclass(slots=True)
class Entered:
    """What came of entering records."""

    recorded: int = 0
    corrected: int = 0
    voided: int = 0
    unchanged: int = 0
    refused: list[tuple[UsageRecord, str]] = field(default_factory=list)  # with the reason


class Ledger:
    """Enters usage records, corrects them and takes them back."""

    def __init__(self, recorder: CommitQueue, adjustments: Adjustments, standing: FindStanding) -> None:
        self._recorder = recorder
        self._adjustments = adjustments
        self._standing = standing

    def enter(self, records: Sequence[UsageRecord]) -> Entered:
        """Make the ledger say what these records say. Raises `StoreUnavailable`; then the rest is not entered."""
        entered = Entered()
        for start in range(0, len(records), GROUP):
            group = records[start : start + GROUP]
            for record, outcome in zip(group, self._recorder.record_many(group), strict=True):
                self._settle(record, outcome, entered)
        return entered

    def take_back(self, keys: Iterable[tuple[str, str]], entered: Entered) -> None:
        """Void what stands for these pairs of service and idempotency key."""
        for service, key in keys:
            standing = self._standing(service, key)
            if standing is None or standing.voided:
                continue
            try:
                self._adjustments.void(standing.stored.record_id, VOIDED)
                entered.voided += 1
            except Conflict as error:
                entered.refused.append((standing.stored.record, f"cannot be voided: {error}"))

    def _settle(self, record: UsageRecord, outcome: Outcome, entered: Entered) -> None:
        match outcome:
            case Receipt(replayed=False):
                entered.recorded += 1
            case Receipt() | KeyReused():
                self._correct(record, entered)
            case CallerError() | NotStored():
                entered.refused.append((record, str(outcome)))
            case UsageServiceError():
                raise outcome

    def _correct(self, record: UsageRecord, entered: Entered) -> None:
        """What an operator has voided stays void."""
        standing = self._standing(record.service, record.once_key or "")
        if standing is None or standing.voided or content_digest(standing.stored.record) == content_digest(record):
            entered.unchanged += 1
            return
        try:
            self._adjustments.correct(standing.stored.record_id, record, CORRECTED)
            entered.corrected += 1
        except Conflict as error:
            entered.refused.append((record, f"cannot correct {standing.stored.record_id}: {error}"))
