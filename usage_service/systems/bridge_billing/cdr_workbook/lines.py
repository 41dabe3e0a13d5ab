"""One row as a CDR line."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TypeVar

from usage_service.errors import InvalidValue
from usage_service.spreadsheet.cells import Cell, Kind, Row
from usage_service.systems.bridge_billing.accounts import AccountKey
from usage_service.systems.bridge_billing.cdr import CdrLine, Position, Rejected
from usage_service.systems.bridge_billing.cdr_workbook.headings import Headings
from usage_service.systems.bridge_billing.cdr_workbook.layout import Layout, is_currency
from usage_service.systems.bridge_billing.cdr_workbook.values import ROOMY, BadCell, amount, identifier, minutes, moment

T = TypeVar("T")
MASK = "***"


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetContext:
    """What all rows of a sheet have in common."""

    file_sha256: str
    sheet: str
    epoch_1904: bool
    layout: Layout
    headings: Headings


@dataclass(frozen=True, slots=True)
class RowView:
    """A row whose cells are asked for by logical field."""

    row: Row
    context: SheetContext
    remarks: list[str] = field(default_factory=list)

    def cell(self, name: str) -> Cell | None:
        """The field's cell; None when it holds nothing or the file has no such column."""
        column = self.context.headings.columns.get(name)
        return self.row.cells.get(column) if column is not None else None

    def needed(self, name: str, convert: Callable[[Cell], T]) -> T:
        """The field's value. `BadCell`, with the heading in front, when it is empty or unreadable."""
        cell = self.cell(name)
        if cell is None:
            raise BadCell(f"{self._heading(name)} is empty")
        try:
            return convert(cell)
        except BadCell as error:
            raise BadCell(f"{self._heading(name)}: {error}") from error

    def optional(self, name: str, convert: Callable[[Cell], T]) -> T | None:
        """The field's value, None when empty. The unreadable becomes a remark: the charge stands."""
        cell = self.cell(name)
        if cell is None:
            return None
        try:
            return convert(cell)
        except BadCell as error:
            self.remarks.append(f"{self._heading(name)}: {error}")
            return None

    def _heading(self, name: str) -> str:
        return self.context.headings.name_of(self.context.headings.columns[name])


def line_or_reject(row: Row, context: SheetContext) -> CdrLine | Rejected:
    """The line in a row that should be one, or why there is none. Total: no row raises."""
    view = RowView(row, context)
    try:
        return _line(view)
    except (BadCell, InvalidValue) as error:
        return Rejected(
            position=position(row, context),
            reason=str(error),
            amount=readable_amount(view),
            currency=_readable(view, _currency),
            raw=raw(row, context),
        )


def position(row: Row, context: SheetContext) -> Position:
    """Where the row stands."""
    return Position(context.file_sha256, context.sheet, row.number, context.layout.identity)


def readable_amount(view: RowView) -> Decimal | None:
    """The amount of a row that is no line, so that totals can hold it; None when it cannot be read."""
    return _readable(view, lambda each: each.needed("amount", partial(amount, layout=each.context.layout)))


def raw(row: Row, context: SheetContext) -> str:
    """The whole row as a JSON object, heading → text as the file has it; secrets are masked."""
    headings = context.headings
    values = {
        headings.name_of(column): MASK
        if headings.normal_names.get(column) in context.layout.secrets
        else (None if cell.kind is Kind.UNCALCULATED else cell.text)
        for column, cell in sorted(row.cells.items())
    }
    return json.dumps(values, ensure_ascii=False)


def _line(view: RowView) -> CdrLine:
    context, layout = view.context, view.context.layout
    time = partial(_moment, view)
    number = partial(amount, layout=layout)
    return CdrLine(
        position=position(view.row, context),
        account=AccountKey(
            layout.service, view.needed("client_id", partial(identifier, pad_width=layout.id_pad_width))
        ),
        start=view.needed("start", time),
        amount=view.needed("amount", partial(_charge, layout=layout)),
        currency=_currency(view),
        conference_id=view.optional("conference_id", identifier),
        end=view.optional("end", time),
        minutes=view.optional("duration", partial(minutes, layout=layout)),
        quantity=view.optional("quantity", number),
        participant=view.optional("participant", _text),
        calling_number=view.optional("calling_number", identifier),
        called_number=view.optional("called_number", identifier),
        access_type=view.optional("access_type", _text),
        billing_code=view.optional("billing_code", identifier),
        tax=view.optional("tax", number),
        rate=view.optional("rate", number),
        raw=raw(view.row, context),
        remarks=tuple(view.remarks),
    )


def _moment(view: RowView, cell: Cell) -> datetime:
    found, remark = moment(cell, view.context.layout, view.context.epoch_1904)
    if remark is not None:
        view.remarks.append(remark)
    return found


def _charge(cell: Cell, layout: Layout) -> Decimal:
    charged = amount(cell, layout)
    places = -int(charged.normalize(ROOMY).as_tuple().exponent)
    if places > layout.amount_decimals:
        raise BadCell(f"{charged} has {places} decimals, at most {layout.amount_decimals} are taken")
    return charged


def _currency(view: RowView) -> str:
    default = view.context.layout.default_currency
    if view.cell("currency") is not None:
        return view.needed("currency", _currency_code)
    if not default:
        raise BadCell("it has no currency, and the layout has no default")
    return default


def _currency_code(cell: Cell) -> str:
    text = _text(cell)
    if not is_currency(text):
        raise BadCell(f"{text!r} is not an ISO 4217 code")
    return text


def _text(cell: Cell) -> str:
    if cell.kind in (Kind.UNCALCULATED, Kind.ERROR):
        raise BadCell(f"the error {cell.text}" if cell.text else "a formula whose result is not stored")
    return cell.text.strip()


def _readable(view: RowView, read: Callable[[RowView], T]) -> T | None:
    try:
        return read(view)
    except BadCell:
        return None
