"""Numbers leave a file as plain decimal text of fifteen digits."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_service.spreadsheet.cells import Kind, column_letters, number_cell

SUBNORMAL = 1e-290  # below it a double has fewer than fifteen digits


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("50.049999999999997", "50.05"),
        ("0.30000000000000004", "0.3"),
        ("1.5E2", "150"),
        ("1.2E-3", "0.0012"),
        ("-0.5", "-0.5"),
        ("007", "7"),
        ("0", "0"),
        ("1234567890123456", "1234567890123460"),
    ],
)
def test_stored_number_shown_as_in_excel(stored: str, expected: str) -> None:
    assert number_cell(stored)[:2] == (Kind.NUMBER, expected)


@pytest.mark.parametrize("stored", ["NaN", "Infinity", "1E+400", "1E+999999999", "twelve", ""])
def test_number_beyond_double_is_error_cell(stored: str) -> None:
    assert number_cell(stored).kind is Kind.ERROR


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_double_gives_its_fifteen_digits(value: float) -> None:
    cell = number_cell(str(Decimal(value)))
    assert Decimal(cell.text) == Decimal(f"{value:.15g}") or abs(value) < SUBNORMAL


def test_columns_have_letters() -> None:
    assert [column_letters(number) for number in (1, 26, 27, 702, 703, 16384)] == [
        "A",
        "Z",
        "AA",
        "ZZ",
        "AAA",
        "XFD",
    ]
