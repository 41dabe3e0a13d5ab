"""Delimiter-separated text (RFC 4180). Every cell is text: what it means is the reader's business."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from usage_service.errors import UnreadableFile
from usage_service.spreadsheet.cells import Cell, Kind, Row, Sheet, Workbook
from usage_service.spreadsheet.limits import Limits


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """How a delimited file was written; nothing of it is guessed."""

    encoding: str = "utf-8-sig"
    delimiter: str = ","
    quote: str = '"'


def read_delimited(file: BinaryIO, dialect: Dialect, limits: Limits) -> Workbook:
    """The one sheet of a delimited text file; the file must stay open as long as rows are read."""
    sheet = Sheet(name="csv", hidden=False, rows=partial(_rows, file, dialect, limits))
    return Workbook(kind="csv", epoch_1904=False, sheets=(sheet,))


def _rows(file: BinaryIO, dialect: Dialect, limits: Limits) -> Iterator[Row]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=dialect.encoding, newline="")
    records = csv.reader(text, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True)
    try:
        for number, record in enumerate(records, start=1):
            if number > limits.rows or len(record) > limits.columns:
                raise UnreadableFile(f"row {number} is beyond {limits.rows} rows or {limits.columns} columns")
            yield Row(number, {place: _cell(field) for place, field in enumerate(record, 1) if field.strip()})
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"it is not {dialect.encoding} text: {error.reason} at byte {error.start}") from error
    except csv.Error as error:
        raise UnreadableFile(f"line {records.line_num} is not delimited text: {error}") from error
    finally:
        text.detach()  # the file belongs to our caller


def _cell(field: str) -> Cell:
    return Cell(Kind.TEXT, field)
