"""Every charged line is one usage record: written when it is first charged, corrected when another user pays.

A corrected file is told by difference: a row it shares with the file it replaces keeps its record, a changed row
corrects it, a row that is gone voids it. Each step can be done again after a crash without doing it twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from usage_service.systems.bridge_billing.allocation import Charge, Outcome
from usage_service.systems.bridge_billing.books import Ledger, Posting, PostingBooks
from usage_service.systems.bridge_billing.usage import usage_record


@dataclass(frozen=True, slots=True)
class FilePosting:
    """Brings the usage records of one file up to date, chunk by chunk, then `finish`."""

    postings: PostingBooks
    ledger: Ledger
    sha256: str
    corrects: str | None
    now: datetime

    def post(self, outcomes: Sequence[Outcome]) -> None:
        """Bring the records of some lines, in row order, up to date."""
        charges = [outcome for outcome in outcomes if isinstance(outcome, Charge)]
        if not charges:
            return
        rows = charges[0].line.position.row, charges[-1].line.position.row
        posted = self.postings.latest(self.sha256, *rows)
        replaced = self._replaced(*rows)
        fresh: list[Charge] = []
        settled: list[Posting] = []
        for charge in charges:
            row = charge.line.position.row
            before = posted.get(row) or replaced.get((row, charge.line.row_hash)) or replaced.get((row, ""))
            if before is None or before.record_id is None:
                fresh.append(charge)
            elif before.file_sha256 != self.sha256 or not before.pays(charge.key):
                settled.append(self._settle(charge, before, replaced))
        records = self.ledger.record_many([usage_record(charge) for charge in fresh]) if fresh else ()
        settled += [_posting(charge, record_id, 1) for charge, record_id in zip(fresh, records, strict=True)]
        self.postings.add(settled, self.now)

    def finish(self) -> None:
        """Void what the corrected file no longer has."""
        if self.corrects is None:
            return
        for orphan in list(self.postings.orphans(self.corrects, self.sha256)):
            if orphan.record_id is not None:
                self.ledger.void(orphan.record_id)
                self.postings.add([orphan._replace(number=orphan.number + 1, record_id=None)], self.now)

    def _replaced(self, first: int, last: int) -> dict[tuple[int, str], Posting]:
        """The records of the file this one corrects: by row and content where that is unchanged, and by row alone."""
        if self.corrects is None:
            return {}
        hashes = self.postings.row_hashes(self.corrects, first, last)
        found = self.postings.latest(self.corrects, first, last)
        by_content = {(row, hashes[row]): posting for row, posting in found.items()}
        return by_content | {(row, ""): posting for row, posting in found.items()}

    def _settle(self, charge: Charge, before: Posting, replaced: dict[tuple[int, str], Posting]) -> Posting:
        """The posting of a line whose record exists: taken over when nothing changed, corrected otherwise."""
        row = charge.line.position.row
        number = before.number + 1 if before.file_sha256 == self.sha256 else 1
        unchanged = (row, charge.line.row_hash) in replaced and before.file_sha256 != self.sha256
        if before.record_id is not None and unchanged and before.pays(charge.key):
            return _posting(charge, before.record_id, number)
        record_id = self.ledger.correct(before.record_id or "", usage_record(charge))
        return _posting(charge, record_id, number)


def _posting(charge: Charge, record_id: str, number: int) -> Posting:
    position, key = charge.line.position, charge.key
    return Posting(
        position.file_sha256, position.row, number, record_id, key.customer_id, key.sequencenumber, key.user_key
    )
