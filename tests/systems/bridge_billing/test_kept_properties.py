"""Whatever is imported, corrected and assigned, in whatever order: the store loses nothing and repeats itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.systems.bridge_billing.kept import NOW, placed
from tests.systems.bridge_billing.test_properties import FILES, FORCE, RULES, WISHES
from tests.systems.bridge_billing.vectors import KTH, OCTOBER
from usage_service.database.database import open_database
from usage_service.database.schema import upgrade_schema
from usage_service.settings import Settings
from usage_service.systems.bridge_billing.accounts import AccountKey
from usage_service.systems.bridge_billing.assigning import Assign
from usage_service.systems.bridge_billing.books import Books, Item
from usage_service.systems.bridge_billing.calculating import calculate
from usage_service.systems.bridge_billing.cdr import CdrLine
from usage_service.systems.bridge_billing.enrolment import Enrolment
from usage_service.systems.bridge_billing.importing import import_lines
from usage_service.systems.bridge_billing.imports import Import
from usage_service.systems.bridge_billing.periods import Period
from usage_service.systems.bridge_billing.rated import Rules
from usage_service.systems.bridge_billing.system import billing_books_with_ledger

EXAMPLES = 15
numbers = count()


@contextmanager
def fresh_books() -> Iterator[Books]:
    with TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'usage.db'}")
        upgrade_schema(database)
        with billing_books_with_ledger(Settings(host="test"), database) as books:
            yield books
        database.close()


@pytest.fixture(scope="module")
def books() -> Iterator[Books]:
    """One store for all examples; each has its own operator and period."""
    with fresh_books() as opened:
        yield opened


def moved(item: Item, operator: str) -> Item:
    return replace(item, account=AccountKey(operator, item.account.external_id)) if isinstance(item, CdrLine) else item


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES, st.booleans(), st.lists(WISHES, max_size=3), RULES)
def test_stored_totals_match_lines_and_repeat(
    books: Books, files: list[list[Item]], correct: bool, wishes: list[tuple[str, int, str | None]], rules: Rules
) -> None:
    operator = f"operator{next(numbers)}"
    period = Period(name=operator, start=OCTOBER.start, end=OCTOBER.end)
    desk = Enrolment(books, lambda: NOW)
    desk.register_customer(KTH)
    for external_id in ("0012345", "777"):
        desk.register_account(AccountKey(operator, external_id), external_id, "KTH")
    expected = import_all(books, operator, files, correct)
    calculate(books, period, rules, now=NOW)
    for external_id, day, centre in wishes:
        wish = Assign(sequencenumber=centre, valid_from=OCTOBER.start.replace(day=max(1, min(day, 28))), evidence="x")
        desk.assign(AccountKey(operator, external_id), wish, FORCE)
    run = calculate(books, period, rules, now=NOW)
    assert {each.currency: each.charged + each.suspended for each in run.rated.control} == expected
    assert calculate(books, period, rules, now=NOW) == run


def import_all(books: Books, operator: str, files: list[list[Item]], correct: bool) -> dict[str, Decimal]:
    """Import the files, the last as a correction of the first if wished; what the lines that count add up to."""
    corrected = correct and len(files) > 1
    for number, items in enumerate(files):
        last = number == len(files) - 1
        file = Import(
            sha256=f"{operator}-{number}",
            name="",
            layout="pgi/1",
            sheet="CDR",
            period=operator,
            corrects=f"{operator}-0" if corrected and last else None,
        )
        mine = placed(file, [moved(item, operator) for item in items])
        import_lines(books, file, mine, now=NOW)
    sums: dict[str, Decimal] = {}
    for item in (each for items in files[1 if corrected else 0 :] for each in items):
        if item.amount is not None and item.currency is not None:
            sums[item.currency] = sums.get(item.currency, Decimal(0)) + item.amount
    return sums
