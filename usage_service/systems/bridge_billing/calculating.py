"""Calculate a period: every line that counts is allocated, added up, and posted as a usage record."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime

from usage_service.errors import NotFound
from usage_service.systems.bridge_billing.allocation import Outcome, Suspended
from usage_service.systems.bridge_billing.books import Books
from usage_service.systems.bridge_billing.closing import PeriodEvent, close, closing_run, reopen
from usage_service.systems.bridge_billing.imports import ImportFile, current
from usage_service.systems.bridge_billing.periods import Period
from usage_service.systems.bridge_billing.posting import FilePosting, Unposted
from usage_service.systems.bridge_billing.rated import Rules
from usage_service.systems.bridge_billing.rating import Rating
from usage_service.systems.bridge_billing.runs import Run, RunInputs, fingerprint, finish

log = logging.getLogger(__name__)


def _log_unposted(why: str) -> None:
    log.warning("a usage record does not say what its line says: %s", why)


def calculate(
    books: Books,
    period: Period,
    rules: Rules,
    *,
    now: datetime,
    progress: Callable[[int], None] = lambda _: None,
    unposted: Unposted = _log_unposted,
) -> Run:
    """The run of a period as the books are now, kept. For a closed period: the run it was closed on.

    What a person corrected or voided in the ledger stays; `unposted` hears why, one by one.
    """
    final = closing_run(books.runs.closings(), period.name)
    if final is not None:
        return books.runs.run(final)
    directory = books.directory.snapshot()
    rating = Rating(period=period, directory=directory, rules=rules)
    files, done = current(books.imports.ledger(), period.name), 0
    for file in files:
        posting = _posting(books, file, now, unposted)
        for chunk in books.imports.chunks(file.sha256):
            outcomes = [rating.take(item) for item in chunk]
            if posting is not None:
                posting.post(outcomes)
            done += len(chunk)
            progress(done)
        if posting is not None:
            posting.finish()
    versions = frozenset(file.version for file in files)
    inputs = RunInputs(period=period, files=versions, directory=fingerprint(directory), rules=rules)
    run = finish(inputs, rating.result())
    books.runs.keep(run, now)
    return run


def _posting(books: Books, file: ImportFile, now: datetime, unposted: Unposted) -> FilePosting | None:
    if books.postings is None or books.ledger is None:
        return None
    return FilePosting(books.postings, books.ledger, file.sha256, file.corrects, now, unposted)


def suspended(books: Books, period: Period, rules: Rules) -> Iterator[Suspended]:
    """The lines of a period that have no payer as the books are now."""
    rating = Rating(period=period, directory=books.directory.snapshot(), rules=rules)
    for file in current(books.imports.ledger(), period.name):
        for chunk in books.imports.chunks(file.sha256):
            outcomes: list[Outcome] = [rating.take(item) for item in chunk]
            yield from (outcome for outcome in outcomes if isinstance(outcome, Suspended))


def close_period(books: Books, period: Period, *, now: datetime, actor: str, reason: str = "") -> PeriodEvent:
    """Make the period's last run final. `NotFound` when it has none, `Conflict` as `close` says."""
    run = books.runs.latest(period.name)
    if run is None:
        raise NotFound("billing run of", period.name)
    event = close(books.runs.closings(), run, at=now, actor=actor, reason=reason)
    books.runs.add_closing(event)
    return event


def reopen_period(books: Books, period: Period, *, now: datetime, actor: str, reason: str) -> PeriodEvent:
    """Open a closed period again."""
    event = reopen(books.runs.closings(), period, at=now, actor=actor, reason=reason)
    books.runs.add_closing(event)
    return event
