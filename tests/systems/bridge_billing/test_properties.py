"""Whatever the assignments, lines, corrections and their order: nothing is lost, the result is the same."""

import random
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.systems.bridge_billing.vectors import KTH, OCTOBER, account, at, cdr
from usage_service.systems.bridge_billing.accounts import AccountKey
from usage_service.systems.bridge_billing.allocation import Mode, Snapshot
from usage_service.systems.bridge_billing.assigning import Assign, Force, assign
from usage_service.systems.bridge_billing.assignments import History
from usage_service.systems.bridge_billing.cdr import CdrLine, Position, Rejected
from usage_service.systems.bridge_billing.emission import Form, bill
from usage_service.systems.bridge_billing.imports import ImportFile, current
from usage_service.systems.bridge_billing.money import Rounding
from usage_service.systems.bridge_billing.rated import Rules
from usage_service.systems.bridge_billing.rating import Rating
from usage_service.systems.bridge_billing.runs import FileVersion, Run, RunInputs, fingerprint, finish

IDS = st.sampled_from(["0012345", "12345", "777", "999"])
AMOUNTS = st.decimals("-99999", "99999", places=4, allow_nan=False)
CURRENCIES = st.sampled_from(["SEK", "EUR"])
DAYS = st.integers(-3, 34)
FORCE = Force(actor="anna", reason="test")


def _line(external_id: str, day: int, amount: Decimal, currency: str) -> CdrLine:
    start = (OCTOBER.start + timedelta(days=day)).isoformat()[:19]
    return cdr(external_id, start, str(amount), currency=currency)


def _reject(amount: Decimal | None, currency: str) -> Rejected:
    return Rejected(position=Position("f" * 64, "CDR", 1, "pgi/1"), reason="bad", amount=amount, currency=currency)


ITEMS = st.one_of(st.builds(_line, IDS, DAYS, AMOUNTS, CURRENCIES), st.builds(_reject, st.none() | AMOUNTS, CURRENCIES))
FILES = st.lists(st.lists(ITEMS, max_size=12), min_size=1, max_size=4)
WISHES = st.tuples(st.sampled_from(["0012345", "777"]), DAYS, st.sampled_from(["20", "30", None]))
RULES = st.builds(Rules, mode=st.sampled_from(Mode), rounding=st.sampled_from(Rounding))


def _directory(wishes: list[tuple[str, int, str | None]]) -> Snapshot:
    histories = {name: History(account=AccountKey("pgi", name)) for name in ("0012345", "777")}
    for name, day, centre in wishes:
        wish = Assign(sequencenumber=centre, valid_from=OCTOBER.start + timedelta(days=day), evidence="mail")
        histories[name] = histories[name].apply(assign(histories[name], wish, now=at("2012-12-01"), force=FORCE))
    users = [account(AccountKey("pgi", "0012345"), "A"), account(AccountKey("pgi", "777"), "B")]
    lost = account(AccountKey("pgi", "12345"), "X", customer="nobody")
    return Snapshot([*users, lost], [KTH], histories.values())


def _ledger(files: list[list[CdrLine | Rejected]], corrects: list[int]) -> list[ImportFile]:
    """Files in a row; each number makes the next file correct that one, if nothing corrected it before."""
    ledger: list[ImportFile] = []
    for number, _ in enumerate(files):
        taken = {file.corrects for file in ledger}
        wished = str(corrects[number]) if number < len(corrects) and corrects[number] < number else None
        ledger.append(
            ImportFile(
                sha256=str(number),
                name="",
                layout="pgi/1",
                period="2012-10",
                imported_at=at("2012-11-01"),
                rows=0,
                totals=(),
                corrects=wished if wished not in taken else None,
            )
        )
    return ledger


def _run(
    files: list[list[CdrLine | Rejected]],
    ledger: list[ImportFile],
    known: Snapshot,
    rules: Rules,
    seed: int = 0,
) -> Run:
    counted = list(current(ledger, "2012-10"))
    random.Random(seed).shuffle(counted)
    rating = Rating(period=OCTOBER, directory=known, rules=rules)
    for file in counted:
        items = list(files[int(file.sha256)])
        random.Random(seed).shuffle(items)
        assert len(list(rating.rate(items))) == len(items)
    versions = frozenset(FileVersion(file.sha256, file.layout) for file in counted)
    inputs = RunInputs(period=OCTOBER, files=versions, directory=fingerprint(known), rules=rules)
    return finish(inputs, rating.result())


@given(FILES, st.lists(st.integers(0, 3), max_size=4), st.lists(WISHES, max_size=5), RULES)
def test_aggregates_plus_suspense_equal_counted_lines(
    files: list[list[CdrLine | Rejected]],
    corrects: list[int],
    wishes: list[tuple[str, int, str | None]],
    rules: Rules,
) -> None:
    ledger = _ledger(files, corrects)
    rated = _run(files, ledger, _directory(wishes), rules).rated
    counted = [item for file in current(ledger, "2012-10") for item in files[int(file.sha256)]]
    for currency in ("SEK", "EUR"):
        expected = sum(
            (item.amount for item in counted if item.currency == currency and item.amount is not None),
            Decimal(0),
        )
        control = next((each for each in rated.control if each.currency == currency), None)
        assert (control.charged + control.suspended if control else 0) == expected
    assert sum(each.line_count for each in rated.aggregates) + sum(rated.suspense.values()) == len(counted)


@given(FILES, st.lists(WISHES, max_size=5), RULES, st.integers())
def test_run_is_independent_of_input_order(
    files: list[list[CdrLine | Rejected]], wishes: list[tuple[str, int, str | None]], rules: Rules, seed: int
) -> None:
    ledger = _ledger(files, [])
    known = _directory(wishes)
    assert _run(files, ledger, known, rules) == _run(files, ledger[::-1], known, rules, seed)


@given(FILES, st.lists(WISHES, max_size=3), RULES)
def test_sent_plus_differences_gives_new_total(
    files: list[list[CdrLine | Rejected]], wishes: list[tuple[str, int, str | None]], rules: Rules
) -> None:
    known = _directory(wishes)
    before, after = (
        _run(files[:1], _ledger(files[:1], []), known, rules),
        _run(files, _ledger(files, []), known, rules),
    )
    sent = bill(before).records + bill(after, before, Form.DIFFERENCE).records
    expected = {each.key: each.total for each in after.rated.aggregates}
    totals: dict[tuple[str, ...], Decimal] = {key: Decimal(0) for key in expected}
    for record in sent:
        totals[record.customerid, record.sequencenumber, record.user_key, record.currency] += record.total_cost
    assert totals == expected
