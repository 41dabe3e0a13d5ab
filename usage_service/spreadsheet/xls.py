"""Excel 97-2003 workbooks (MS-XLS), through xlrd. They end at 65,536 rows, so a sheet fits in memory."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from io import StringIO
from typing import BinaryIO

import xlrd
from xlrd.compdoc import CompDoc

from usage_service.errors import UnreadableFile
from usage_service.spreadsheet.cells import Cell, Kind, Row, Sheet, Workbook, number_cell

MACRO_STORAGES = {"_VBA_PROJECT_CUR", "VBA", "_VBA_PROJECT"}
ENCRYPTED_STREAMS = {"EncryptedPackage", "EncryptionInfo"}


def read_xls(file: BinaryIO) -> Workbook:
    """The workbook in an xls file. `UnreadableFile` for macros, encryption and everything that is not xls.

    The format keeps the last result of a formula where a typed value would be, so a formula cell cannot be
    told from a typed one, and one that was never calculated is empty.
    """
    content = file.read()
    _check_storages(content)
    book = xlrd.open_workbook(file_contents=content, on_demand=True, logfile=StringIO())
    sheets = (
        Sheet(name=name, hidden=bool(hidden), rows=partial(_rows, book, index))
        for index, (name, hidden) in enumerate(zip(book.sheet_names(), _visibility(book), strict=True))
    )
    return Workbook(kind="xls", epoch_1904=book.datemode == 1, sheets=tuple(sheets))


def _check_storages(content: bytes) -> None:
    storages = {entry.name for entry in CompDoc(content, logfile=StringIO()).dirlist}
    if storages & ENCRYPTED_STREAMS:
        raise UnreadableFile("it is protected with a password")
    if storages & MACRO_STORAGES:
        raise UnreadableFile("it holds macros; save it as a workbook without macros (.xlsx)")


def _visibility(book: xlrd.Book) -> list[int]:
    """0 for every visible sheet (MS-XLS 2.4.28 `hsState`); public in xlrd only once a sheet is loaded."""
    states: list[int] = vars(book)["_sheet_visibility"]
    return states


def _rows(book: xlrd.Book, index: int) -> Iterator[Row]:
    sheet = book.sheet_by_index(index)
    try:
        for position in range(sheet.nrows):
            cells = enumerate(map(_cell, sheet.row_types(position), sheet.row_values(position)), start=1)
            info = sheet.rowinfo_map.get(position)
            hidden = info is not None and bool(info.hidden)
            yield Row(position + 1, {column: cell for column, cell in cells if cell is not None}, hidden)
    finally:
        book.unload_sheet(index)


def _cell(kind: int, value: str | float) -> Cell | None:
    match kind:
        case xlrd.XL_CELL_TEXT:
            return Cell(Kind.TEXT, str(value)) if str(value).strip() else None
        case xlrd.XL_CELL_NUMBER | xlrd.XL_CELL_DATE:
            return number_cell(str(Decimal(value)))  # the IEEE double, exactly; rounded once
        case xlrd.XL_CELL_BOOLEAN:
            return Cell(Kind.BOOLEAN, "TRUE" if value else "FALSE")
        case xlrd.XL_CELL_ERROR:
            return Cell(Kind.ERROR, xlrd.error_text_from_code.get(int(value), "#?"))
        case _:
            return None
