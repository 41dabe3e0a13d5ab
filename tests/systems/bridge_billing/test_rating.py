"""Lines are added up exactly, rounded once, and every amount is accounted for."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.systems.bridge_billing.vectors import (
    KTH,
    LINES,
    A,
    B,
    C,
    account,
    at,
    cdr,
    directory,
    history_of_a,
    lines,
    rate,
    totals,
)
from usage_service.systems.bridge_billing.allocation import Mode, Reason, Snapshot
from usage_service.systems.bridge_billing.cdr import Position, Rejected
from usage_service.systems.bridge_billing.money import Rounding
from usage_service.systems.bridge_billing.rated import Rules, StaleAssignment

BOTH = [Rounding.HALF_UP, Rounding.HALF_EVEN]


@pytest.mark.parametrize("rounding", BOTH)
def test_line_charges_centre_valid_at_start(rounding: Rounding) -> None:
    rated = rate(lines(*LINES), Rules(rounding=rounding))
    assert totals(rated) == {"A/20": Decimal("100.10"), "A/30": Decimal("50.06"), "B/10": Decimal("12.34")}
    assert {each.key.sequencenumber: each.exact for each in rated.aggregates}["30"] == Decimal("50.055")


@pytest.mark.parametrize("rounding", BOTH)
def test_one_per_user_uses_final_centre(rounding: Rounding) -> None:
    rated = rate(lines(*LINES), Rules(mode=Mode.ONE_PER_USER, rounding=rounding))
    assert totals(rated) == {"A/30": Decimal("150.16"), "B/10": Decimal("12.34")}
    assert rated.aggregates[1].exact == Decimal("150.155")


@pytest.mark.parametrize("mode", list(Mode))
def test_aggregates_plus_suspense_equal_file_exactly(mode: Mode) -> None:
    (control,) = rate(lines(*LINES), Rules(mode=mode)).control
    assert control.file_total == Decimal("167.495")
    assert control.suspended == Decimal("5.00")
    assert control.charged == Decimal("162.495")
    assert control.reconciles
    assert control.rounded + control.suspended == Decimal("167.50")
    assert control.rounding_difference == Decimal("0.005")


def test_unknown_id_is_suspended_despite_default() -> None:
    assert rate(lines(*LINES)).suspense == {Reason.UNKNOWN_EXTERNAL_ID: 1}


def test_ids_are_exact_text() -> None:
    rated = rate(lines(("12345", "2012-10-05", "1.00"), ("0012345 ".strip(), "2012-10-05", "2.00")))
    assert totals(rated) == {"A/20": Decimal("2.00")}


def test_account_with_unknown_customer_is_suspended() -> None:
    known = Snapshot([account(A, "A", "nobody")], [KTH], [])
    assert rate(lines(("0012345", "2012-10-05", "1.00")), known=known).suspense == {Reason.NO_CUSTOMER: 1}


@pytest.mark.parametrize(
    ("amounts", "rounding", "expected"),
    [
        (("0.005", "0.005", "0.005"), Rounding.HALF_UP, "0.02"),
        (("0.005", "0.005", "0.005"), Rounding.HALF_EVEN, "0.02"),
        (("0.020", "0.005"), Rounding.HALF_UP, "0.03"),
        (("0.020", "0.005"), Rounding.HALF_EVEN, "0.02"),
        (("-0.020", "-0.005"), Rounding.HALF_UP, "-0.03"),
        (("-0.020", "-0.005"), Rounding.HALF_EVEN, "-0.02"),
    ],
)
def test_rounding_happens_once_per_aggregate(amounts: tuple[str, ...], rounding: Rounding, expected: str) -> None:
    rated = rate(lines(*(("777", "2012-10-07", amount) for amount in amounts)), Rules(rounding=rounding))
    assert totals(rated) == {"B/10": Decimal(expected)}


def test_amounts_of_different_currencies_never_added() -> None:
    rated = rate([cdr("777", "2012-10-07", "1.00"), cdr("777", "2012-10-07", "2.00", 2, "EUR")])
    assert [(each.key.currency, each.total) for each in rated.aggregates] == [
        ("EUR", Decimal("2.00")),
        ("SEK", Decimal("1.00")),
    ]
    assert [total.file_total for total in rated.control] == [Decimal("2.00"), Decimal("1.00")]


def test_reject_is_suspended_with_readable_amount() -> None:
    position = Position("f" * 64, "CDR", 7, "pgi/1")
    readable = Rejected(position=position, reason="Client ID is empty", amount=Decimal("3.21"), currency="SEK")
    unreadable = Rejected(position=position, reason="Amount: the error #REF!")
    rated = rate([readable, unreadable])
    assert rated.suspense == {Reason.BAD_ROW: 2}
    assert rated.control[0].suspended == rated.control[0].file_total == Decimal("3.21")
    assert rated.unreadable_amounts == 1


def test_use_outside_period_charged_and_counted() -> None:
    rated = rate(lines(("777", "2012-09-30", "1.00"), ("777", "2012-10-01", "1.00"), ("777", "2012-11-01", "1.00")))
    assert totals(rated) == {"B/10": Decimal("3.00")}
    assert rated.outside_period == 2


def test_use_after_deactivation_charged_and_counted() -> None:
    gone = replace(account(B, "B"), deactivated_at=at("2012-10-06"))
    items = lines(("777", "2012-10-05", "1"), ("777", "2012-10-06", "1"), ("777", "2012-10-07", "1"))
    rated = rate(items, known=Snapshot([gone], [KTH], []))
    assert (totals(rated), rated.after_deactivation) == ({"B/10": Decimal("3.00")}, 2)


def test_use_long_after_confirmation_is_stale() -> None:
    rated = rate(lines(("0012345", "2012-10-14", "1"), ("0012345", "2012-10-15", "1")), Rules(max_age=timedelta(13)))
    assert rated.stale == (StaleAssignment(A, 1, at("2012-10-01"), None, at("2012-10-15"), 1),)


def test_centre_missing_at_login_is_stale() -> None:
    from usage_service.systems.bridge_billing.assigning import Login, log_in

    before = history_of_a()
    missing = log_in(before, Login(at=at("2012-10-18"), sequencenumber=None, evidence="idp"))
    known = Snapshot([account(A, "A")], [KTH], [before.apply(missing)])
    rated = rate(lines(("0012345", "2012-10-17", "1"), ("0012345", "2012-10-20", "2")), known=known)
    assert [(stale.number, stale.line_count) for stale in rated.stale] == [(2, 1)]


def test_mapping_unknown_id_clears_its_suspense() -> None:
    rated = rate(lines(*LINES), known=directory(account(C, "C")))
    assert totals(rated)["C/10"] == Decimal("5.00")
    assert rated.suspense == {}
