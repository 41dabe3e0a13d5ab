"""Open a spreadsheet file by what it is, not by what it is called."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import BinaryIO

from usage_service.errors import UnreadableFile
from usage_service.spreadsheet.cells import Row, Sheet, Workbook
from usage_service.spreadsheet.delimited import Dialect, read_delimited
from usage_service.spreadsheet.limits import Limits, check_file
from usage_service.spreadsheet.xls import read_xls
from usage_service.spreadsheet.xlsx import read_xlsx

ZIP = b"PK\x03\x04"
COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DEFAULT_LIMITS = Limits()
DEFAULT_DIALECT = Dialect()


def open_workbook(file: BinaryIO, *, dialect: Dialect = DEFAULT_DIALECT, limits: Limits = DEFAULT_LIMITS) -> Workbook:
    """The workbook in a file; the file must stay open while its rows are read.

    Raises `UnreadableFile`, here or from the rows of a sheet, and nothing else that depends on the content.
    """
    try:
        check_file(file, limits)
        workbook = _read(file, dialect, limits)
    except UnreadableFile:
        raise
    except Exception as error:  # the gate: the readers raise whatever a broken file happens to trip over
        raise _damaged(error) from error
    return replace(workbook, sheets=tuple(map(_guarded, workbook.sheets)))


def _read(file: BinaryIO, dialect: Dialect, limits: Limits) -> Workbook:
    head = file.read(512)
    file.seek(0)
    if head.startswith(ZIP):
        return read_xlsx(file, limits)
    if head.startswith(COMPOUND_FILE):
        return read_xls(file)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise UnreadableFile("it is a web page or XML, whatever its name says; save it as .xlsx")
    return read_delimited(file, dialect, limits)


def _guarded(sheet: Sheet) -> Sheet:
    return replace(sheet, rows=partial(_guarded_rows, sheet))


def _guarded_rows(sheet: Sheet) -> Iterator[Row]:
    try:
        yield from sheet.rows()
    except UnreadableFile:
        raise
    except Exception as error:  # the same gate, for what only shows while rows are read
        raise _damaged(error) from error


def _damaged(error: Exception) -> UnreadableFile:
    return UnreadableFile(f"it is damaged or not a workbook ({type(error).__name__}: {error})")
