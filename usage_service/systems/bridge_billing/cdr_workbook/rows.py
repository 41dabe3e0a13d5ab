"""What each row of the sheet is: a line, a reject, or something that is left out and counted."""

from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from usage_service.spreadsheet.cells import Kind, Row
from usage_service.systems.bridge_billing.cdr import CdrLine, Rejected
from usage_service.systems.bridge_billing.cdr_workbook.lines import (
    RowView,
    SheetContext,
    line_or_reject,
    readable_amount,
)


class Left(Enum):
    """Why a row is not a line."""

    ABOVE = "above the headings"
    HEADINGS = "headings"
    BLANK = "blank"
    TITLE = "title or merged heading"
    SUBTOTAL = "subtotal"
    TOTAL = "total"


TOTALS = (Left.SUBTOTAL, Left.TOTAL)


class LeftOut(NamedTuple):
    """A row that is not a line."""

    row: int
    kind: Left
    amount: Decimal | None  # what a total or subtotal states


def read_row(row: Row, context: SheetContext) -> CdrLine | Rejected | LeftOut:
    """What the row is. Total: no row raises."""
    view = RowView(row, context)
    kind = _kind(view)
    if kind is None:
        return line_or_reject(row, context)
    return LeftOut(row.number, kind, readable_amount(view) if kind in TOTALS else None)


def _kind(view: RowView) -> Left | None:
    """Why the row is not a line; None when it is, or should be one.

    A row with a start time is always a line, whatever its texts look like: nothing with a cost is left out by
    the look of it.
    """
    row, headings = view.row, view.context.headings
    if row.number < headings.row:
        return Left.ABOVE
    if not row.cells:
        return Left.BLANK
    if headings.repeated_in(row):
        return Left.HEADINGS
    return _total_or_title(view) if view.cell("start") is None else None


def _total_or_title(view: RowView) -> Left | None:
    layout = view.context.layout
    texts = [cell.text.strip() for cell in view.row.cells.values() if cell.kind is Kind.TEXT]
    if any(layout.subtotal.fullmatch(text) for text in texts):
        return Left.SUBTOTAL
    if any(layout.total.fullmatch(text) for text in texts):
        return Left.TOTAL
    is_title = len(view.row.cells) == len(texts) == 1 and view.cell("amount") is None
    return Left.TITLE if is_title else None
