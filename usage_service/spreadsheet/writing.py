"""Write rows as an xlsx workbook, streaming."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import BinaryIO, NamedTuple

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Value = str | int | Decimal


class Table(NamedTuple):
    """One sheet to write: its name, its headings and its rows."""

    name: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Value]]


def write_xlsx(tables: Iterable[Table], file: BinaryIO) -> None:
    """Write each table as a sheet. Text stays text, nothing becomes a formula; numbers keep their digits."""
    book = Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.name)
        sheet.append(list(table.headings))
        for row in table.rows:
            sheet.append([_cell(sheet, value) for value in row])
    book.save(file)


def _cell(sheet: WriteOnlyWorksheet, value: Value) -> Cell:
    """A cell of the value's own type, set by hand: openpyxl takes text that starts with = for a formula."""
    cell: Cell = WriteOnlyCell(sheet)
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value)
        cell.data_type = "s"
        return cell
    cell.value = value
    if isinstance(value, Decimal):
        cell.number_format = _number_format(value)
    return cell


def _number_format(value: Decimal) -> str:
    """A format that shows as many decimals as the value has."""
    places = -int(value.as_tuple().exponent)
    return "0." + "0" * places if places > 0 else "0"
