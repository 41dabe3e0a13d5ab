"""Find the row of headings, and what each column means."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile

from usage_service.errors import UnreadableFile
from usage_service.spreadsheet.cells import Kind, Row, Sheet, Workbook, column_letters
from usage_service.systems.bridge_billing.cdr_workbook.layout import NEEDED, Layout, normal


@dataclass(frozen=True, kw_only=True, slots=True)
class Headings:
    """The row of headings of one sheet."""

    row: int
    columns: Mapping[str, int]  # logical field → column
    names: Mapping[int, str]  # column → its heading, made distinct
    normal_names: Mapping[int, str]  # column → the normal form of its heading

    def name_of(self, column: int) -> str:
        """What to call a column in the raw row: its heading, or its letter when it has none."""
        return self.names.get(column) or f"column {column_letters(column)}"

    def repeated_in(self, row: Row) -> bool:
        """Whether the row is this one again, as at the top of a printed page."""
        return all(
            column in row.cells and normal(row.cells[column].text) == name for column, name in self.normal_names.items()
        )


def find_sheet(workbook: Workbook, layout: Layout) -> tuple[Sheet, Headings]:
    """The sheet with the lines and its headings.

    Raises `UnreadableFile` when a needed column is missing, two mean the same, or two sheets would do.
    """
    candidates = [sheet for sheet in workbook.sheets if _wanted(sheet, layout)]
    if not candidates:
        raise UnreadableFile(f"it has no sheet {layout.sheet!r}" if layout.sheet else "all its sheets are hidden")
    found = [(sheet, headings) for sheet in candidates if (headings := _find(sheet, layout)) is not None]
    if not found:
        raise UnreadableFile(_nearest_miss(candidates, layout))
    if len(found) > 1:
        names = ", ".join(sheet.name for sheet, _ in found)
        raise UnreadableFile(f"the sheets {names} all have the needed columns; the layout must name one")
    return found[0]


def _wanted(sheet: Sheet, layout: Layout) -> bool:
    return sheet.name == layout.sheet if layout.sheet else not sheet.hidden


def _find(sheet: Sheet, layout: Layout) -> Headings | None:
    for row in _top(sheet, layout):
        meanings = _meanings(row, layout)
        if all(name in meanings.values() for name in NEEDED):
            return _headings(row, meanings)
    return None


def _top(sheet: Sheet, layout: Layout) -> Iterable[Row]:
    return takewhile(lambda row: row.number <= layout.heading_within_rows, sheet.rows())


def _meanings(row: Row, layout: Layout) -> dict[int, str]:
    fields = ((column, layout.field_of.get(normal(cell.text))) for column, cell in row.cells.items())
    return {column: name for column, name in fields if name is not None}


def _headings(row: Row, meanings: Mapping[int, str]) -> Headings:
    columns: dict[str, int] = {}
    for column, name in meanings.items():
        if name in columns:
            both = f"{row.cells[columns[name]].text.strip()} and {row.cells[column].text.strip()}"
            raise UnreadableFile(f"the columns {both} both mean {name}; the layout must choose")
        columns[name] = column
    return Headings(
        row=row.number,
        columns=columns,
        names=_distinct(row),
        normal_names={column: normal(cell.text) for column, cell in row.cells.items()},
    )


def _distinct(row: Row) -> dict[int, str]:
    names: dict[int, str] = {}
    for column, cell in sorted(row.cells.items()):
        text = " ".join(cell.text.split()) if cell.kind is not Kind.UNCALCULATED else ""
        name = text or f"column {column_letters(column)}"
        names[column] = name if name not in names.values() else f"{name} (column {column_letters(column)})"
    return names


def _nearest_miss(sheets: Iterable[Sheet], layout: Layout) -> str:
    rows = [_meanings(row, layout) for sheet in sheets for row in _top(sheet, layout)]
    best: set[str] = max((set(meanings.values()) & set(NEEDED) for meanings in rows), key=len, default=set())
    missing = [name for name in NEEDED if name not in best]
    aliases = "; ".join(f"{name} ({', '.join(layout.columns[name])})" for name in missing)
    return f"no row of headings in the first {layout.heading_within_rows} rows; missing: {aliases}"
