"""Every charged line is one usage record: written when it is first charged, corrected when another user pays.

A corrected file counts by its difference: a row it shares with the file it replaces keeps its record, a changed row
corrects it, a row that is gone voids it. Each step can be done again after a crash without doing it twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from usage_service.ledger.model import Change, Reason, Statement, Upserted
from usage_service.ledger.upsert import Author, Upserts, any_difference
from usage_service.systems.bridge_billing.allocation import Charge, Outcome
from usage_service.systems.bridge_billing.books import Posting, PostingBooks
from usage_service.systems.bridge_billing.usage import usage_record

AUTHOR = Author(
    actor="billing",
    corrected="RERATED",
    voided=Reason(actor="billing", code="SUPERSEDED", text="a corrected file no longer has the line"),
    difference=any_difference("the line was corrected, or another cost centre pays for it"),
)

Unposted = Callable[[str], object]
"""Takes why a usage record stays as it is, or was not made, although a line says otherwise."""


@dataclass(frozen=True, slots=True)
class FilePosting:
    """Brings the usage records of one file up to date, chunk by chunk, then `finish`."""

    postings: PostingBooks
    ledger: Upserts
    sha256: str
    corrects: str | None
    now: datetime
    unposted: Unposted

    def post(self, outcomes: Sequence[Outcome]) -> None:
        """Bring the records of some lines, in row order, up to date."""
        charges = [outcome for outcome in outcomes if isinstance(outcome, Charge)]
        if not charges:
            return
        rows = charges[0].line.position.row, charges[-1].line.position.row
        posted = self.postings.latest(self.sha256, *rows)
        replaced = self._replaced(*rows)
        settled: list[Posting] = []
        stated: list[tuple[Charge, Statement, int]] = []
        for charge in charges:
            row = charge.line.position.row
            same_content = replaced.get((row, charge.line.row_hash))
            before = posted.get(row) or same_content or replaced.get((row, ""))
            if before is None or before.record_id is None:
                stated.append((charge, Statement.of(usage_record(charge)), 1))
            elif before.file_sha256 != self.sha256 and same_content is not None and before.pays(charge.key):
                settled.append(_posting(charge, before.record_id, 1))
            elif before.file_sha256 != self.sha256 or not before.pays(charge.key):
                number = before.number + 1 if before.file_sha256 == self.sha256 else 1
                stated.append((charge, Statement.of(usage_record(charge), record_id=before.record_id), number))
        published = self.ledger.apply([statement for _, statement, _ in stated])
        for (charge, _, number), outcome in zip(stated, published, strict=True):
            if self._is_posted(outcome) and outcome.record_id is not None:
                settled.append(_posting(charge, outcome.record_id, number))
        self.postings.add(settled, self.now)

    def finish(self) -> None:
        """Void what the corrected file no longer has."""
        if self.corrects is None:
            return
        orphans = list(self.postings.orphans(self.corrects, self.sha256))
        published = self.ledger.apply([Statement(record=None, record_id=orphan.record_id) for orphan in orphans])
        gone = [
            orphan._replace(number=orphan.number + 1, record_id=None)
            for orphan, outcome in zip(orphans, published, strict=True)
            if self._is_posted(outcome)
        ]
        self.postings.add(gone, self.now)

    def _is_posted(self, outcome: Upserted) -> bool:
        """Whether the ledger says what the line says; if not, why is passed on."""
        if outcome.change in (Change.KEPT, Change.REJECTED):
            self.unposted(f"record {outcome.record_id or '-'}: {outcome.why}")
            return False
        return True

    def _replaced(self, first: int, last: int) -> dict[tuple[int, str], Posting]:
        """The records of the file this one corrects: by row and content where that is unchanged, and by row alone."""
        if self.corrects is None:
            return {}
        hashes = self.postings.row_hashes(self.corrects, first, last)
        found = self.postings.latest(self.corrects, first, last)
        by_content = {(row, hashes[row]): posting for row, posting in found.items()}
        return by_content | {(row, ""): posting for row, posting in found.items()}


def _posting(charge: Charge, record_id: str, number: int) -> Posting:
    position, key = charge.line.position, charge.key
    return Posting(
        position.file_sha256, position.row, number, record_id, key.customer_id, key.sequencenumber, key.user_key
    )
