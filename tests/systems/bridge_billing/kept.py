"""Billing on a real store: books, accounts of the reference case, and files made of lines."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

from tests.systems.bridge_billing.vectors import KTH, OCTOBER, A, B, at, cdr
from usage_service.database.database import Database
from usage_service.settings import Settings
from usage_service.systems.bridge_billing.accounts import AccountKey
from usage_service.systems.bridge_billing.allocation import Mode
from usage_service.systems.bridge_billing.assigning import Login
from usage_service.systems.bridge_billing.books import Books, Item
from usage_service.systems.bridge_billing.calculating import calculate
from usage_service.systems.bridge_billing.cdr import CdrLine, Rejected
from usage_service.systems.bridge_billing.enrolment import Enrolment
from usage_service.systems.bridge_billing.importing import import_lines
from usage_service.systems.bridge_billing.imports import Import
from usage_service.systems.bridge_billing.rated import Rules
from usage_service.systems.bridge_billing.runs import Run
from usage_service.systems.bridge_billing.system import billing_books_with_ledger

NOW = at("2012-11-02")


@contextmanager
def opened_books(database: Database) -> Iterator[Books]:
    """The books of the service on this database."""
    with billing_books_with_ledger(Settings(host="test"), database) as books:
        yield books


def enrol(books: Books) -> Enrolment:
    """Users A and B of KTH; A changed cost centre in the middle of October."""
    desk = Enrolment(books, lambda: NOW)
    desk.register_customer(KTH)
    desk.register_account(A, "A", "KTH")
    desk.register_account(B, "B", "KTH")
    for date, sequencenumber in (("2012-10-01", "20"), ("2012-10-16", "30")):
        desk.confirm(A, Login(at=at(date), sequencenumber=sequencenumber, evidence="idp"))
    return desk


def file_of(name: str, corrects: str | None = None) -> Import:
    """A file of October."""
    sha256 = name.ljust(64, "0")
    return Import(sha256=sha256, name=name, layout="pgi/1", sheet="CDR", period="2012-10", corrects=corrects)


def placed(file: Import, items: Sequence[Item]) -> list[Item]:
    """The items as rows of that file."""
    return [
        replace(item, position=item.position._replace(file_sha256=file.sha256, row=row))
        for row, item in enumerate(items, start=2)
    ]


def take_in(books: Books, file: Import, items: Sequence[Item]) -> bool:
    """Import the items as that file."""
    return import_lines(books, file, placed(file, items), now=NOW)


def october(books: Books, mode: Mode = Mode.BY_USAGE_TIME) -> Run:
    """Calculate October."""
    return calculate(books, OCTOBER, Rules(mode=mode), now=NOW)


def bad_row(amount: str | None = "1.00") -> Rejected:
    """A row without a readable date."""
    position = cdr("777", "2012-10-01", "1").position
    readable = Decimal(amount) if amount is not None else None
    return Rejected(position=position, reason="Date is empty", amount=readable, currency="SEK")


def line_with(amount: str, external_id: str = "777") -> CdrLine:
    """A line of that amount."""
    return replace(cdr(external_id, "2012-10-07", amount), raw=f'{{"Amount": "{amount}"}}')


def key(external_id: str) -> AccountKey:
    """The account of that id."""
    return AccountKey("pgi", external_id)
