"""Numbers survive both decimal conventions to the last digit, and times survive both epochs."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.systems.bridge_billing.cdr_workbook.awkward import COMMA, PGI
from usage_service.spreadsheet.cells import Cell, Kind, number_cell
from usage_service.systems.bridge_billing.cdr_workbook.layout import Layout
from usage_service.systems.bridge_billing.cdr_workbook.values import BadCell, amount, identifier, moment

AMOUNTS = st.decimals("-999999999", "999999999", places=4, allow_nan=False)
LAST = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - a workbook's own clock has no zone


def text(value: str) -> Cell:
    return Cell(Kind.TEXT, value)


@given(AMOUNTS, st.sampled_from([(PGI, ",", "."), (COMMA, " ", ","), (COMMA, ".", ",")]))
def test_grouped_number_keeps_every_digit(value: Decimal, style: tuple[Layout, str, str]) -> None:
    layout, group, point = style
    written = f"{value:,.4f}".translate({ord(","): group, ord("."): point})
    assert amount(text(written), layout) == value


@given(st.decimals("-99999999", "99999999", places=4, allow_nan=False))
def test_excel_seventeen_digits_read_as_typed(value: Decimal) -> None:
    assert amount(number_cell(format(float(value), ".17g")), PGI) == value


@given(st.text())
def test_any_text_is_number_or_rejected(value: str) -> None:
    with suppress(BadCell):
        assert amount(text(value), PGI).is_finite()


@given(st.datetimes(datetime(1904, 1, 2), LAST), st.booleans())  # noqa: DTZ001 - as above
def test_serial_date_exact_in_both_systems(when: datetime, epoch_1904: bool) -> None:
    when = when.replace(microsecond=0)
    start = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - as above
    serial = Decimal((when - start) // timedelta(seconds=1)) / 86_400
    found, remark = moment(number_cell(str(serial)), PGI, epoch_1904)
    assert (found, remark) == (when.replace(tzinfo=UTC), None)


@given(st.text())
def test_any_text_is_time_or_rejected(value: str) -> None:
    with suppress(BadCell):
        assert moment(text(value), PGI, False)[0].tzinfo is UTC


@given(st.integers(0, 10**15 - 1), st.integers(0, 15))
def test_number_is_padded_never_truncated(number: int, width: int) -> None:
    padded = identifier(number_cell(str(number)), width)
    assert int(padded) == number
    assert len(padded) == max(width, len(str(number)))


def test_text_is_never_padded() -> None:
    assert identifier(text("12"), 7) == "12"


def test_formula_without_result_has_no_value() -> None:
    with pytest.raises(BadCell, match="result is not stored"):
        amount(Cell(Kind.UNCALCULATED, "", True), PGI)
