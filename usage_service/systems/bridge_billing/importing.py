"""Take in a file of CDR lines. An interrupted import goes on where it stopped; the result is the same."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import islice

from usage_service.systems.bridge_billing.books import Books, Item
from usage_service.systems.bridge_billing.closing import require_open
from usage_service.systems.bridge_billing.imports import Import, ImportFile, admit
from usage_service.systems.bridge_billing.money import EXACT, ZERO

CHUNK_ITEMS = 2_000


@dataclass(slots=True)
class Count:
    """Lines and rejects so far, and what they add up to by currency."""

    items: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)

    def take(self, item: Item) -> None:
        """Count one."""
        self.items += 1
        if item.amount is not None and item.currency is not None:
            self.sums[item.currency] = EXACT.add(self.sums.get(item.currency, ZERO), item.amount)


def import_lines(
    books: Books,
    file: Import,
    items: Iterable[Item],
    *,
    now: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> bool:
    """Take a file in, from its first line to its last; False when it had been taken in before.

    Raises `Conflict` when its period is closed, or what `admit` raises. `progress` hears how many items are done.
    """
    candidate = _file(file, now, Count())
    if not admit(books.imports.ledger(), candidate):
        return False
    require_open(books.runs.closings(), file.period)
    there, count = books.imports.begin(file, now), Count()
    for chunk in _chunks(items):
        for item in chunk:
            count.take(item)
        fresh = chunk[max(0, there - (count.items - len(chunk))) :]
        if fresh:
            books.imports.add(file, fresh)
        progress(count.items)
    books.imports.finish(file, _file(file, now, count))
    return True


def _file(file: Import, now: datetime, count: Count) -> ImportFile:
    return ImportFile(
        sha256=file.sha256,
        name=file.name,
        layout=file.layout,
        period=file.period,
        imported_at=now,
        rows=count.items,
        totals=tuple(sorted(count.sums.items())),
        corrects=file.corrects,
    )


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    source = iter(items)
    while chunk := list(islice(source, CHUNK_ITEMS)):
        yield chunk
