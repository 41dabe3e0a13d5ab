"""Cells as ids, amounts, times and durations. Nothing is guessed: `BadCell` says what a cell has instead."""

import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache

from usage_service.spreadsheet.cells import Cell, Kind
from usage_service.systems.bridge_billing.cdr_workbook.layout import Layout
from usage_service.systems.bridge_billing.money import is_amount

EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001 - a workbook's own clock has no zone
EPOCH_1900 = datetime(1899, 12, 31)  # noqa: DTZ001 - day 1 is 1900-01-01
LEAP_DAY_THAT_NEVER_WAS = 60
"""Serial 60 is 1900-02-29 in Excel, which never was; later days are one ahead (ECMA-376-1, 18.17.4.1)."""
LAST_SERIAL = 2_958_465  # 9999-12-31
MILLISECONDS_A_DAY = 86_400_000
EXACT_DIGITS = 15  # Excel drops the digits of a number beyond the fifteenth
ROOMY = Context(prec=60, rounding=ROUND_HALF_EVEN)
CLOCK = re.compile(r"(\d{1,4}):([0-5]\d)(?::([0-5]\d))?")


class BadCell(ValueError):
    """The cell does not hold what its column is for; the message says what it has instead."""


def identifier(cell: Cell, pad_width: int = 0) -> str:
    """The exact text of an id. A number has lost its leading zeros: only the pad width can put them back."""
    _check_result(cell)
    if cell.kind is Kind.TEXT:
        return cell.text.strip()
    if cell.kind is not Kind.NUMBER or not cell.text.isdecimal():
        raise BadCell(f"{cell.text} is not an id")
    if len(cell.text) > EXACT_DIGITS:
        raise BadCell(f"{cell.text} has lost its last digits; the column must be text")
    return cell.text.zfill(pad_width)


def amount(cell: Cell, layout: Layout) -> Decimal:
    """The exact number in a cell; text by the layout's decimal convention, to the letter."""
    _check_result(cell)
    value = Decimal(cell.text) if cell.kind is Kind.NUMBER else _decimal(cell, layout)
    if not is_amount(value):
        raise BadCell(f"{value:.3E} is too large or too fine")
    return value


def _decimal(cell: Cell, layout: Layout) -> Decimal:
    text = cell.text.strip().replace("\N{MINUS SIGN}", "-")
    pattern = _number(layout.decimal_separator, layout.group_separators)
    if cell.kind is not Kind.TEXT or not pattern.fullmatch(text):
        raise BadCell(f"{cell.text!r} is not a number with decimal {layout.decimal_separator!r}")
    for separator in layout.group_separators:
        text = text.replace(separator, "")
    return Decimal(text.replace(layout.decimal_separator, "."))


def moment(cell: Cell, layout: Layout, epoch_1904: bool) -> tuple[datetime, str | None]:
    """The UTC time in a cell, to the millisecond, and a remark when the local time happened twice."""
    _check_result(cell)
    if cell.kind is Kind.NUMBER:
        return _aware(_from_serial(cell.text, epoch_1904), layout)
    if cell.kind is Kind.TEXT:
        return _from_text(cell.text.strip(), layout)
    raise BadCell(f"{cell.text} is not a date")


def minutes(cell: Cell, layout: Layout) -> Decimal:
    """A duration in minutes, to four decimals."""
    _check_result(cell)
    if layout.duration_unit == "minutes":
        return amount(cell, layout)
    if layout.duration_unit == "seconds":
        seconds = amount(cell, layout)
    elif cell.kind is Kind.NUMBER:
        seconds = ROOMY.multiply(Decimal(cell.text), Decimal(86_400))
    else:
        seconds = _clock_seconds(cell.text.strip())
    return ROOMY.divide(seconds, Decimal(60)).quantize(Decimal("0.0001"), context=ROOMY).normalize(ROOMY)


def _check_result(cell: Cell) -> None:
    if cell.kind is Kind.UNCALCULATED:
        raise BadCell("a formula whose result is not stored")
    if cell.kind is Kind.ERROR:
        raise BadCell(f"the error {cell.text}")


@lru_cache(maxsize=16)
def _number(decimal_separator: str, group_separators: str) -> re.Pattern[str]:
    grouped = f"|\\d{{1,3}}(?:[{re.escape(group_separators)}]\\d{{3}})+" if group_separators else ""
    return re.compile(f"-?(?:\\d+{grouped})(?:{re.escape(decimal_separator)}\\d+)?", re.ASCII)


def _clock_seconds(text: str) -> Decimal:
    match = CLOCK.fullmatch(text)
    if match is None:
        raise BadCell(f"{text!r} is not h:mm:ss")
    return Decimal(int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0))


def _from_serial(text: str, epoch_1904: bool) -> datetime:
    """The zoneless time of a serial date, rounded to the millisecond: 15 digits cannot say more."""
    serial = Decimal(text)
    if not 0 <= serial < LAST_SERIAL + 1:
        raise BadCell(f"{text} is not a date")
    if not epoch_1904 and LEAP_DAY_THAT_NEVER_WAS <= serial < LEAP_DAY_THAT_NEVER_WAS + 1:
        raise BadCell("1900-02-29 never was")
    milliseconds = int((serial * MILLISECONDS_A_DAY).to_integral_value())
    since = timedelta(milliseconds=milliseconds)
    try:
        if epoch_1904:
            return EPOCH_1904 + since
        return EPOCH_1900 + since - timedelta(days=serial > LEAP_DAY_THAT_NEVER_WAS)
    except OverflowError as error:
        raise BadCell(f"{text} is not a date") from error


def _from_text(text: str, layout: Layout) -> tuple[datetime, str | None]:
    for form in layout.date_formats:
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007 - the zone is added right below
        except ValueError:
            continue
        return _aware(found, layout)
    raise BadCell(f"{text!r} is not a date in any of the layout's formats")


def _aware(found: datetime, layout: Layout) -> tuple[datetime, str | None]:
    """The UTC time; local times skipped in spring are refused, of those that come twice the first counts."""
    try:
        if found.tzinfo is not None:
            return found.astimezone(UTC), None
        first = found.replace(tzinfo=layout.zone).astimezone(UTC)
        second = found.replace(tzinfo=layout.zone, fold=1).astimezone(UTC)
        back = first.astimezone(layout.zone).replace(tzinfo=None)
    except OverflowError as error:
        raise BadCell(f"{found} is outside the years 1 to 9999") from error
    if back != found:
        raise BadCell(f"{found} did not exist in {layout.time_zone}")
    return first, "start time came twice; the first was taken" if first != second else None
