"""Office Open XML workbooks (ECMA-376 part 1): openpyxl reads the package, we its rows as exact text."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO
from xml.etree.ElementTree import Element, iterparse
from zipfile import ZipFile

from openpyxl.packaging.manifest import Manifest
from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.cell import column_index_from_string
from openpyxl.utils.datetime import MAC_EPOCH
from openpyxl.xml.constants import WORKSHEET_TYPE

from usage_service.errors import UnreadableFile
from usage_service.spreadsheet.cells import Cell, Kind, Row, Sheet, Workbook, number_cell
from usage_service.spreadsheet.limits import Limits, check_archive, check_memory

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
SHEET_DATA, ROW, CELL, VALUE, FORMULA, INLINE = (MAIN + name for name in ("sheetData", "row", "c", "v", "f", "is"))
RUN, TEXT = MAIN + "r", MAIN + "t"
STRICT = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
DIGITS = "0123456789"
MACRO_PARTS = ("vbaproject.bin", "/macrosheets/", "/dialogsheets/")


def read_xlsx(file: BinaryIO, limits: Limits) -> Workbook:
    """The workbook in an xlsx file. `UnreadableFile` for macros, zip bombs, DOCTYPEs and what is not xlsx.

    The file must stay open as long as rows are read.
    """
    with ZipFile(file) as archive:
        check_archive(archive, limits)
        _check_content(archive)
    reader = ExcelReader(file, read_only=True, keep_links=False)
    reader.read_manifest()
    check_memory(reader.archive, _streamed(reader.package), limits)
    reader.read_strings()
    reader.read_workbook()
    strings = tuple(reader.shared_strings)
    sheets = (
        Sheet(
            name=sheet.name,
            hidden=sheet.state != "visible",
            rows=partial(_rows, _Part(reader.archive, relation.target, strings, limits)),
        )
        for sheet, relation in reader.parser.find_sheets()
        if relation.target in reader.valid_files and "chartsheet" not in relation.Type
    )
    return Workbook(kind="xlsx", epoch_1904=reader.wb.epoch == MAC_EPOCH, sheets=tuple(sheets))


def _streamed(manifest: Manifest) -> set[str]:
    """The parts that are sheets and nothing else; a part may be declared as two things at once."""
    sheets = {each.PartName for each in manifest.Override if each.ContentType == WORKSHEET_TYPE}
    others = {each.PartName for each in manifest.Override if each.ContentType != WORKSHEET_TYPE}
    return {name.removeprefix("/") for name in sheets - others}


def _check_content(archive: ZipFile) -> None:
    names = [name.lower() for name in archive.namelist()]
    if any(part in name for name in names for part in MACRO_PARTS):
        raise UnreadableFile("it holds macros; save it as a workbook without macros (.xlsx)")
    if "[Content_Types].xml" not in archive.namelist():
        raise UnreadableFile("it is a zip file but not an Excel workbook")
    if b"macroEnabled" in archive.read("[Content_Types].xml"):
        raise UnreadableFile("it is a workbook for macros (.xlsm); save it as a workbook without macros (.xlsx)")
    if any(name.endswith("workbook.bin") for name in names):
        raise UnreadableFile("it is a binary workbook (.xlsb); save it as .xlsx")
    for name in archive.namelist():
        if name.lower().endswith((".xml", ".rels")):
            _check_prolog(archive, name)


def _check_prolog(archive: ZipFile, name: str) -> None:
    """No part of an OOXML package may have a document type declaration (ECMA-376 part 2, 7.2.4)."""
    with archive.open(name) as part:
        prolog = part.read(4096).replace(b"\0", b"")
    if b"<!DOCTYPE" in prolog or b"<!ENTITY" in prolog:
        raise UnreadableFile(f"part {name} has a document type declaration")
    if STRICT in prolog:
        raise UnreadableFile("it is a Strict Open XML workbook; save it as an ordinary Excel workbook (.xlsx)")


@dataclass(frozen=True, slots=True)
class _Part:
    archive: ZipFile
    name: str
    strings: tuple[str, ...]
    limits: Limits


def _rows(sheet: _Part) -> Iterator[Row]:
    with sheet.archive.open(sheet.name) as part:
        rows: Element | None = None
        number_before = 0
        for event, element in iterparse(part, events=("start", "end")):
            if element.tag == ROW and event == "end":
                row = _row(element, number_before, sheet)
                number_before = row.number
                yield row
                if rows is not None:
                    rows.clear()  # forget every row that was read: memory stays flat
            elif element.tag == SHEET_DATA and event == "start":
                rows = element


def _row(element: Element, number_before: int, sheet: _Part) -> Row:
    row_number = int(element.get("r") or number_before + 1)
    if not number_before < row_number <= sheet.limits.rows:
        raise UnreadableFile(f"row {row_number} follows row {number_before}, or is beyond {sheet.limits.rows}")
    cells: dict[int, Cell] = {}
    column = 0
    for child in element.iterfind(CELL):
        column = _column(child, column)
        if not 0 < column <= sheet.limits.columns:
            raise UnreadableFile(f"row {row_number} has a cell in column {column}, at most {sheet.limits.columns}")
        cell = _cell(child, sheet.strings)
        if cell is not None:
            cells[column] = cell
    return Row(row_number, cells, element.get("hidden") in ("1", "true"))


def _column(element: Element, column_before: int) -> int:
    coordinate = element.get("r")
    return column_before + 1 if coordinate is None else int(column_index_from_string(coordinate.rstrip(DIGITS)))


def _cell(element: Element, strings: tuple[str, ...]) -> Cell | None:
    """The cell by its type attribute (ECMA-376-1, 18.18.11 `ST_CellType`); None when it holds nothing."""
    kind = element.get("t", "n")
    formula = element.find(FORMULA) is not None
    value = _inline(element) if kind == "inlineStr" else element.findtext(VALUE)
    if not value:
        return Cell(Kind.UNCALCULATED, "", True) if formula and value is None else None
    match kind:
        case "n":
            return number_cell(value, formula)
        case "s":
            return _text(strings[int(value)], formula)
        case "b":
            return Cell(Kind.BOOLEAN, "TRUE" if value == "1" else "FALSE", formula)
        case "e":
            return Cell(Kind.ERROR, value, formula)
        case _:  # str, inlineStr and d (an ISO 8601 date) are text as they stand
            return _text(value, formula)


def _text(text: str, formula: bool) -> Cell | None:
    return Cell(Kind.TEXT, text, formula) if text.strip() else None


def _inline(element: Element) -> str | None:
    """The text of an inline string, rich or plain, without its phonetic runs (18.4.4 `is`, 18.4.6 `rPh`)."""
    inline = element.find(INLINE)
    if inline is None:
        return None
    plain = [part.text or "" for part in inline.iterfind(TEXT)]
    rich = [part.text or "" for run in inline.iterfind(RUN) for part in run.iterfind(TEXT)]
    return "".join(plain + rich)
