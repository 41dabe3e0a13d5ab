"""Wiring of what takes CDR files in: the books together with the ledger of usage records."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from usage_service.billing.books import Books
from usage_service.billing.calculating import calculate
from usage_service.billing.importing import import_lines
from usage_service.billing.imports import Import
from usage_service.billing.periods import Period
from usage_service.settings import Settings
from usage_service.sources.cdr_workbook.reading import CdrFile, Tally
from usage_service.store.billing_postings import Postings, UsageLedger
from usage_service.store.database import Database
from usage_service.wiring.billing import billing_books, billing_rules, now
from usage_service.wiring.recording import open_adjustments, open_recorder


@contextmanager
def billing_books_with_ledger(settings: Settings, database: Database) -> Iterator[Books]:
    """The books with the ledger, which calculating a period needs."""
    recorder = open_recorder(settings, database)
    adjustments = open_adjustments(settings, database)
    ledger = UsageLedger(database, recorder.record_many, adjustments)
    try:
        yield billing_books(database)._replace(postings=Postings(database), ledger=ledger)
    finally:
        recorder.close()


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes files in and calculates their periods. `reading` and `rating` hear how many lines are done.

    All of it can be done again at any time, so the way out of a crash is to type the same command again.
    """

    books: Books
    settings: Settings
    reading: Callable[[int], None]
    rating: Callable[[int], None]

    def take(self, name: str, file: CdrFile, period: Period, corrects: str | None = None) -> tuple[Tally, bool]:
        """Take a file in; says what was read, and whether it was new."""
        wanted = Import(
            sha256=file.sha256,
            name=name,
            layout=file.layout.identity,
            sheet=file.sheet.name,
            period=period.name,
            corrects=corrects,
        )
        tally = Tally()
        fresh = import_lines(self.books, wanted, file.read(tally), now=now(), progress=self.reading)
        calculate(self.books, period, billing_rules(self.settings), now=now(), progress=self.rating)
        return tally, fresh
