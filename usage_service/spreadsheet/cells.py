"""What a spreadsheet holds, in the words every reader shares."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context
from enum import Enum, auto
from typing import NamedTuple

EXCEL_DIGITS = Context(prec=15, rounding=ROUND_HALF_EVEN, Emax=308, Emin=-308)
"""Excel keeps 15 significant digits of a number ("Excel specifications and limits": number precision),
within the range of a double."""


class Kind(Enum):
    """What a cell holds. An empty cell is not in the row at all."""

    TEXT = auto()
    NUMBER = auto()  # decimal text, at most 15 significant digits
    BOOLEAN = auto()  # TRUE or FALSE
    ERROR = auto()  # #REF!, #VALUE! and the like
    UNCALCULATED = auto()  # a formula whose result was not stored; we never run formulas


class Cell(NamedTuple):
    """One cell: what it holds, as exact text, and whether a formula once produced it."""

    kind: Kind
    text: str
    formula: bool = False


class Row(NamedTuple):
    """One row by its number in the file (from 1); only cells that hold something, by column (from 1)."""

    number: int
    cells: dict[int, Cell]
    hidden: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """One sheet; `rows` starts a fresh pass over it each time it is called."""

    name: str
    hidden: bool
    rows: Callable[[], Iterator[Row]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Workbook:
    """An opened spreadsheet file."""

    kind: str  # xlsx, xls or csv
    epoch_1904: bool  # serial dates count from 1904-01-01 instead of 1900
    sheets: tuple[Sheet, ...]


def number_cell(text: str, formula: bool = False) -> Cell:
    """A stored number as plain decimal text of the 15 digits Excel keeps; an error cell if it is none."""
    if len(text) <= 15 and text.isdecimal() and text.isascii() and text[0] != "0":
        return Cell(Kind.NUMBER, text, formula)
    try:
        value = EXCEL_DIGITS.create_decimal(text)
    except ArithmeticError:
        return Cell(Kind.ERROR, text, formula)
    if not value.is_finite():
        return Cell(Kind.ERROR, text, formula)
    return Cell(Kind.NUMBER, format(value.normalize(EXCEL_DIGITS), "f"), formula)


def column_letters(column: int) -> str:
    """The letters of a column number: 1 is A, 27 is AA."""
    letters = ""
    while column:
        column, place = divmod(column - 1, 26)
        letters = chr(ord("A") + place) + letters
    return letters
