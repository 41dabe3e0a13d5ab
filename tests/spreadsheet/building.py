"""Build spreadsheet files cell by cell, down to the XML, so that each can be wrong in exactly one way."""

import io
from collections.abc import Callable, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import xlwt

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
DIRECTORY_ENTRY = 128
"""Bytes of one entry in the directory of a compound file (MS-CFB 2.6.1)."""

Cell = str  # the inner XML of a <c> element, with its attributes in front: ' t="n"|<v>1</v>'
Rows = Sequence[Sequence[Cell]]


class SheetParts(NamedTuple):
    """One sheet of an xlsx file to build."""

    name: str
    rows: Rows
    state: str = "visible"
    hidden_rows: frozenset[int] = frozenset()
    merged: Sequence[str] = ()


def text(value: str) -> Cell:
    """An inline string."""
    return f' t="inlineStr"|<is><t xml:space="preserve">{escape(value)}</t></is>'


def number(value: str) -> Cell:
    """A number, exactly as the file is to have it."""
    return f"|<v>{value}</v>"


def shared(index: int) -> Cell:
    """A reference to a shared string."""
    return f' t="s"|<v>{index}</v>'


def formula(source: str, result: str | None = None) -> Cell:
    """A formula, with or without its stored result."""
    stored = f"<v>{result}</v>" if result is not None else ""
    return f"|<f>{escape(source)}</f>{stored}"


def error(value: str) -> Cell:
    """An error value."""
    return f' t="e"|<v>{value}</v>'


def boolean(value: str) -> Cell:
    """A truth value."""
    return f' t="b"|<v>{value}</v>'


EMPTY: Cell = ""


def texts(*values: str) -> list[Cell]:
    """A row of inline strings; empty text leaves the cell out."""
    return [text(value) if value else EMPTY for value in values]


def sheet_xml(sheet: SheetParts, *, addressed: bool = True, namespace: str = MAIN, prolog: str = "") -> str:
    """The part of one sheet."""
    rows = "".join(_row(sheet, place, row, addressed) for place, row in enumerate(sheet.rows, 1))
    merges = "".join(f'<mergeCell ref="{each}"/>' for each in sheet.merged)
    tail = f"<mergeCells>{merges}</mergeCells>" if merges else ""
    return f'{prolog}<worksheet xmlns="{namespace}"><sheetData>{rows}</sheetData>{tail}</worksheet>'


def _row(sheet: SheetParts, place: int, row: Sequence[Cell], addressed: bool) -> str:
    cells = [(chr(ord("A") + column), *cell.split("|", 1)) for column, cell in enumerate(row) if cell]
    inner = "".join(f"<c{_address(letter, place, addressed)}{head}>{body}</c>" for letter, head, body in cells)
    hidden = ' hidden="1"' if place in sheet.hidden_rows else ""
    return f'<row r="{place}"{hidden}>{inner}</row>' if addressed else f"<row{hidden}>{inner}</row>"


def _address(letter: str, row: int, addressed: bool) -> str:
    return f' r="{letter}{row}"' if addressed else ""


def xlsx(
    *sheets: SheetParts,
    strings: Sequence[str] = (),
    date1904: bool = False,
    parts: dict[str, str | bytes] | None = None,
    kind: str = "sheet",
    render: Callable[[SheetParts], str] = sheet_xml,
) -> bytes:
    """An xlsx file of those sheets; `strings` are the XML of shared strings, `parts` come on top."""
    places = range(1, len(sheets) + 1)
    content: dict[str, str | bytes] = {
        "[Content_Types].xml": _content_types(places, kind),
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": _workbook(sheets, date1904),
        "xl/_rels/workbook.xml.rels": _relations([("worksheet", f"worksheets/sheet{place}.xml") for place in places]),
        "xl/sharedStrings.xml": _shared_strings(strings),
        **{f"xl/worksheets/sheet{place}.xml": render(sheet) for place, sheet in enumerate(sheets, 1)},
        **(parts or {}),
    }
    return zipped(content)


def zipped(content: dict[str, str | bytes]) -> bytes:
    """A zip file whose bytes depend on nothing but its content."""
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, part in content.items():
            archive.writestr(ZipInfo(name), part, ZIP_DEFLATED)
    return file.getvalue()


def _shared_strings(strings: Sequence[str]) -> str:
    return f'<sst xmlns="{MAIN}">{"".join(f"<si>{each}</si>" for each in strings)}</sst>'


def _content_types(places: range, kind: str) -> str:
    sheets = "".join(
        f'<Override PartName="/xl/worksheets/sheet{place}.xml" ContentType="{CONTENT}.worksheet+xml"/>'
        for place in places
    )
    return (
        f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{CONTENT}.{kind}.main+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{CONTENT}.sharedStrings+xml"/>'
        f"{sheets}</Types>"
    )


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    inner = "".join(
        f'<Relationship Id="rId{place}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for place, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{inner}</Relationships>'


def _workbook(sheets: Sequence[SheetParts], date1904: bool) -> str:
    inner = "".join(
        f'<sheet name="{escape(sheet.name)}" sheetId="{place}" state="{sheet.state}" r:id="rId{place}"/>'
        for place, sheet in enumerate(sheets, 1)
    )
    settings = '<workbookPr date1904="1"/>' if date1904 else ""
    return f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">{settings}<sheets>{inner}</sheets></workbook>'


def xls(*sheets: tuple[str, Sequence[Sequence[str | float | bool]], bool], dates_1904: bool = False) -> bytes:
    """An Excel 97 file of (name, rows, hidden) sheets."""
    book = xlwt.Workbook()
    book.dates_1904 = dates_1904
    for name, rows, hidden in sheets:
        sheet = book.add_sheet(name)
        sheet.visibility = int(hidden)
        for place, row in enumerate(rows):
            for column, value in enumerate(row):
                if value != "":
                    sheet.write(place, column, value)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_storage(content: bytes, name: str) -> bytes:
    """The same compound file with one more, empty storage of that name in its directory."""
    first = content.index("Root Entry".encode("utf-16-le"))
    entry = first + 2 * DIRECTORY_ENTRY
    utf16 = name.encode("utf-16-le")
    patched = bytearray(content)
    patched[entry : entry + 64] = utf16.ljust(64, b"\0")
    patched[entry + 64 : entry + 66] = (len(utf16) + 2).to_bytes(2, "little")
    patched[entry + 66] = 1  # a storage
    return bytes(patched)
