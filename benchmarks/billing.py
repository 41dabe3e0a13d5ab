"""How fast a month of CDRs is read, allocated and added up, and in how much memory.

    python -m benchmarks.billing LINES {csv,xlsx} [DATABASE_URL]

Writes a file of that many lines of 8 columns first; only reading and rating are measured. With a database (an empty
one, with the schema), the lines are imported into it and each becomes a usage record, as `usage-service billing import`
does.
"""

import csv
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from usage_service.billing.accounts import AccountKey, Customer, ServiceAccount
from usage_service.billing.allocation import Snapshot
from usage_service.billing.assignments import Assignment, History, Opened, Source
from usage_service.billing.books import Books
from usage_service.billing.calculating import calculate
from usage_service.billing.importing import import_lines
from usage_service.billing.imports import Import
from usage_service.billing.periods import month
from usage_service.billing.rated import Rules
from usage_service.billing.rating import Rating
from usage_service.settings import Settings
from usage_service.sources.cdr_workbook.layout import shipped_layout
from usage_service.sources.cdr_workbook.reading import Tally, open_cdr_file
from usage_service.spreadsheet.writing import Table, Value, write_xlsx
from usage_service.wiring.intake import billing_books_with_ledger
from usage_service.wiring.recording import open_store

HEADINGS = ("Client ID", "Start Time", "Duration", "Amount", "Conf ID", "ANI", "Bridge Type", "Note")
USERS = 5000
PERIOD = month("2012-10")
LAYOUT = replace(shipped_layout("pgi"), time_zone="UTC")


def rows(count: int) -> Iterator[list[Value]]:
    """Lines of users in turn; one in a thousand belongs to nobody."""
    for number in range(count):
        user = f"{number % USERS:07d}" if number % 1000 else "unknown"
        start = PERIOD.start + timedelta(seconds=number * 5 % 2_678_400)
        amount = Decimal(number % 99_999) / 10_000
        yield [
            user,
            f"{start:%Y-%m-%d %H:%M:%S}",
            45,
            amount,
            f"C{number // 4}",
            "+4681234567",
            "toll",
            "a note",
        ]


def write(path: Path, count: int) -> None:
    """The file to read."""
    with path.open("wb") as file:
        if path.suffix == ".xlsx":
            write_xlsx([Table("CDR", HEADINGS, rows(count))], file)
            return
    with path.open("w", newline="", encoding="utf-8") as text:
        csv.writer(text).writerows(chain([HEADINGS], rows(count)))


def directory() -> Snapshot:
    """Every user changes cost centre in the middle of the month."""
    keys = [AccountKey("pgi", f"{number:07d}") for number in range(USERS)]
    since = datetime(2012, 1, 1, tzinfo=UTC)
    middle = datetime(2012, 10, 16, tzinfo=UTC)
    accounts = [ServiceAccount(key=key, user_key=key.external_id, customer_id="KTH", created_at=since) for key in keys]
    customer = Customer(customer_id="KTH", default_sequencenumber="10", currency="SEK")
    first = Assignment(
        number=1,
        sequencenumber="20",
        valid_from=since,
        valid_to=middle,
        source=Source.LOGIN,
        evidence="idp",
        seen_at=since,
    )
    second = replace(first, number=2, sequencenumber="30", valid_from=middle, valid_to=None, seen_at=middle)
    return Snapshot(accounts, [customer], [History(account=key, rows=(first, second)) for key in keys])


def enrol(books: Books) -> None:
    """Keep the directory's customer, accounts and histories in the books."""
    known = directory()
    for customer in known.customers.values():
        books.directory.put_customer(customer, PERIOD.start)
    for key, account in known.accounts.items():
        books.directory.put_account(account, PERIOD.start)
        changes = [Opened(row) for row in known.histories[key].rows]
        books.directory.append(books.directory.recorded(key), changes, PERIOD.start)


def into_store(count: int, kind: str, url: str) -> None:
    """Write, import, calculate, print."""
    settings = Settings(database=url, host="benchmark", catalog="off")
    database = open_store(settings)
    with TemporaryDirectory() as folder, billing_books_with_ledger(settings, database) as books:
        path = Path(folder) / f"cdr.{kind}"
        write(path, count)
        enrol(books)
        with path.open("rb") as handle:
            file, started = open_cdr_file(handle, LAYOUT), time.perf_counter()
            wanted = Import(
                sha256=file.sha256, name=path.name, layout=LAYOUT.identity, sheet=file.sheet.name, period=PERIOD.name
            )
            import_lines(books, wanted, file.read(Tally()), now=PERIOD.end)
        imported = time.perf_counter()
        run = calculate(books, PERIOD, Rules(), now=PERIOD.end)
        calculated = time.perf_counter()
        calculate(books, PERIOD, Rules(), now=PERIOD.end)
        again = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{database.dialect}, {kind}, {count} lines")
    print(f"imported in {imported - started:.1f} s, {count / (imported - started):.0f} lines/s")
    rate = count / (calculated - imported)
    print(f"calculated, each line a usage record, in {calculated - imported:.1f} s, {rate:.0f} lines/s")
    print(f"calculated again in {again - calculated:.1f} s, {count / (again - calculated):.0f} lines/s")
    print(f"{len(run.rated.aggregates)} aggregates, reconciles: {run.rated.reconciles}; memory {peak // 1024} MiB")


def main(count: int, kind: str) -> None:
    """Write, read, rate, print."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"cdr.{kind}"
        write(path, count)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        rating, tally = Rating(period=PERIOD, directory=directory()), Tally()
        started, cpu = time.perf_counter(), time.process_time()
        with path.open("rb") as file:
            for item in open_cdr_file(file, LAYOUT).read(tally):
                rating.take(item)
        rated = rating.result()
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{kind}: {tally.lines} lines in {seconds:.1f} s, {tally.lines / cpu:.0f} lines a processor second")
    print(f"{len(rated.aggregates)} aggregates, reconciles: {rated.reconciles}")
    print(f"memory: {before // 1024} MiB before reading, {peak // 1024} MiB at its highest")


if __name__ == "__main__":
    if len(sys.argv) > 3:
        into_store(int(sys.argv[1]), sys.argv[2], sys.argv[3])
    else:
        main(int(sys.argv[1]), sys.argv[2])
