"""How fast a month of CDRs is read, allocated and added up, and in how much memory: `make bench-billing`.

    python -m benchmarks.billing [--lines N] [--kinds csv xlsx]

Writes files of that many lines of 8 columns first; that is not measured. Each is read and rated in memory, then
imported into SQLite and into PostgreSQL, where each line becomes a usage record, as `usage-service billing import`
does; then it is calculated again. Each measurement is a process of its own, so that the memory is its own.
"""

import argparse
import csv
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

from benchmarks.databases import opened_bench
from usage_service.ledger.system import open_store
from usage_service.settings import Settings
from usage_service.spreadsheet.writing import Table, Value, write_xlsx
from usage_service.systems.bridge_billing.accounts import AccountKey, Customer, ServiceAccount
from usage_service.systems.bridge_billing.allocation import Snapshot
from usage_service.systems.bridge_billing.assignments import Assignment, History, Opened, Source
from usage_service.systems.bridge_billing.books import Books
from usage_service.systems.bridge_billing.calculating import calculate
from usage_service.systems.bridge_billing.cdr_workbook.layout import shipped_layout
from usage_service.systems.bridge_billing.cdr_workbook.reading import Tally, open_cdr_file
from usage_service.systems.bridge_billing.importing import import_lines
from usage_service.systems.bridge_billing.imports import Import
from usage_service.systems.bridge_billing.periods import month
from usage_service.systems.bridge_billing.rated import Rules
from usage_service.systems.bridge_billing.rating import Rating
from usage_service.systems.bridge_billing.system import billing_books_with_ledger

HEADINGS = ("Client ID", "Start Time", "Duration", "Amount", "Conf ID", "ANI", "Bridge Type", "Note")
USERS = 5000
PERIOD = month("2012-10")
LAYOUT = replace(shipped_layout("pgi"), time_zone="UTC")


def rows(count: int) -> Iterator[list[Value]]:
    """Lines of users in turn; one in a thousand belongs to no account."""
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


def into_store(path: Path, count: int, url: str) -> bool:
    """Import, calculate, print; whether the control totals matched."""
    settings = Settings(database=url, host="benchmark", catalog="off")
    database = open_store(settings)
    with billing_books_with_ledger(settings, database) as books:
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
        again = calculate(books, PERIOD, Rules(), now=PERIOD.end)
        finished = time.perf_counter()
    print(f"{database.dialect}, {path.suffix}, {count:,} lines:")
    say("imported", count, imported - started)
    say("calculated, each line a usage record,", count, calculated - imported)
    say("calculated again", count, finished - calculated)
    return verdict(len(run.rated.aggregates), run.rated.reconciles and again.run_id == run.run_id)


def in_memory(path: Path, count: int) -> bool:
    """Read, rate, print; whether the control totals matched."""
    rating, tally = Rating(period=PERIOD, directory=directory()), Tally()
    started = time.perf_counter()
    with path.open("rb") as file:
        for item in open_cdr_file(file, LAYOUT).read(tally):
            rating.take(item)
    rated = rating.result()
    print(f"without a database, {path.suffix}, {count:,} lines:")
    say("read and rated", tally.lines, time.perf_counter() - started)
    return verdict(len(rated.aggregates), rated.reconciles)


def say(what: str, lines: int, seconds: float) -> None:
    """One line."""
    print(f"  {what} in {seconds:.1f} s, {lines / seconds:,.0f} lines/s")


def verdict(aggregates: int, reconciles: bool) -> bool:
    """The last line of a measurement."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"  {aggregates:,} aggregates, reconciles: {reconciles}; {peak} MiB of memory", flush=True)
    return reconciles


def main() -> None:
    """Everything, one process after the other; exit code 1 when totals do not match."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.billing")
    parser.add_argument("--lines", type=int, default=500_000)
    parser.add_argument("--kinds", nargs="+", choices=["csv", "xlsx"], default=["csv", "xlsx"])
    chosen = parser.parse_args()
    with opened_bench() as bench, get_context("spawn").Pool(1, maxtasksperchild=1) as process:
        paths = [bench.folder / f"cdr.{kind}" for kind in chosen.kinds]
        for path in paths:
            write(path, chosen.lines)
        matched = [process.apply(in_memory, (path, chosen.lines)) for path in paths]
        urls = (bench.url("sqlite"), bench.url("postgresql"))
        matched += [process.apply(into_store, (paths[0], chosen.lines, url)) for url in urls]
    sys.exit(0 if all(matched) else 1)


if __name__ == "__main__":
    main()
