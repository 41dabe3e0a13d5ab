"""Read a CDR file as a stream of lines and rejects, and keep count of every row."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import BinaryIO

from usage_service.spreadsheet.cells import Row, Sheet, Workbook
from usage_service.spreadsheet.limits import Limits
from usage_service.spreadsheet.reading import DEFAULT_LIMITS, open_workbook
from usage_service.systems.bridge_billing.cdr import CdrLine, Rejected
from usage_service.systems.bridge_billing.cdr_workbook.headings import Headings, find_sheet
from usage_service.systems.bridge_billing.cdr_workbook.layout import Layout
from usage_service.systems.bridge_billing.cdr_workbook.lines import SheetContext
from usage_service.systems.bridge_billing.cdr_workbook.rows import Left, LeftOut, read_row
from usage_service.systems.bridge_billing.money import EXACT, ZERO

SHOWN_REJECTS = 50
"""How many rejects a report shows in full; all are counted, and all come out of the stream."""


@dataclass(kw_only=True, slots=True)
class Tally:
    """What was found so far. The counts add up to the rows of the sheet."""

    rows: int = 0
    lines: int = 0
    rejects: int = 0
    left_out: Counter[Left] = field(default_factory=Counter)
    left_out_amounts: dict[Left, Decimal] = field(default_factory=lambda: defaultdict(Decimal))  # of totals
    line_totals: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))  # by currency
    reject_totals: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))  # by currency
    unreadable_amounts: int = 0
    stated_total: Decimal | None = None  # what the file's last total row says
    formulas: int = 0  # cells taken from a formula's stored result
    uncalculated: int = 0  # formula cells without one
    hidden_rows: int = 0  # read like the others
    remarked: int = 0  # lines with a remark
    first_start: datetime | None = None
    last_start: datetime | None = None
    first_rejects: list[Rejected] = field(default_factory=list)

    def add(self, row: Row, item: CdrLine | Rejected | LeftOut) -> None:
        """Count one row."""
        self.rows += 1
        self.hidden_rows += row.hidden
        formulas = [cell for cell in row.cells.values() if cell.formula]
        without = sum(not cell.text for cell in formulas)
        self.formulas += len(formulas) - without
        self.uncalculated += without
        match item:
            case CdrLine():
                self._add_line(item)
            case Rejected():
                self._add_reject(item)
            case LeftOut():
                self._add_left_out(item)

    def _add_line(self, line: CdrLine) -> None:
        self.lines += 1
        self.remarked += bool(line.remarks)
        self.line_totals[line.currency] = EXACT.add(self.line_totals[line.currency], line.amount)
        self.first_start = min(self.first_start or line.start, line.start)
        self.last_start = max(self.last_start or line.start, line.start)

    def _add_reject(self, reject: Rejected) -> None:
        self.rejects += 1
        if len(self.first_rejects) < SHOWN_REJECTS:
            self.first_rejects.append(reject)
        if reject.amount is None or reject.currency is None:
            self.unreadable_amounts += 1
        else:
            self.reject_totals[reject.currency] = EXACT.add(self.reject_totals[reject.currency], reject.amount)

    def _add_left_out(self, left: LeftOut) -> None:
        self.left_out[left.kind] += 1
        if left.amount is not None:
            self.left_out_amounts[left.kind] = EXACT.add(self.left_out_amounts[left.kind], left.amount)
        if left.kind is Left.TOTAL:
            self.stated_total = left.amount

    @property
    def totals(self) -> tuple[tuple[str, Decimal], ...]:
        """The file total by currency: lines and readable rejects, unrounded."""
        currencies = sorted(self.line_totals.keys() | self.reject_totals.keys())
        return tuple(
            (each, EXACT.add(self.line_totals.get(each, ZERO), self.reject_totals.get(each, ZERO)))
            for each in currencies
        )


@dataclass(frozen=True, kw_only=True)
class CdrFile:
    """An opened CDR file whose headings were understood; its rows have yet to be read."""

    sha256: str
    layout: Layout
    workbook: Workbook
    sheet: Sheet
    headings: Headings

    def read(self, tally: Tally) -> Iterator[CdrLine | Rejected]:
        """Every line and reject in file order, counted in `tally`. The file must still be open.

        Raises `UnreadableFile` when the rest of the file turns out to be damaged.
        """
        context = SheetContext(
            file_sha256=self.sha256,
            sheet=self.sheet.name,
            epoch_1904=self.workbook.epoch_1904,
            layout=self.layout,
            headings=self.headings,
        )
        for row in self.sheet.rows():
            item = read_row(row, context)
            tally.add(row, item)
            if not isinstance(item, LeftOut):
                yield item


def open_cdr_file(file: BinaryIO, layout: Layout, limits: Limits = DEFAULT_LIMITS) -> CdrFile:
    """Open an xlsx, xls or csv file of CDRs. `UnreadableFile` says why it cannot be taken.

    The file must stay open, and be used by no other reader, until all lines are read.
    """
    workbook = open_workbook(file, dialect=layout.csv, limits=limits)
    sheet, headings = find_sheet(workbook, layout)
    return CdrFile(sha256=_sha256(file), layout=layout, workbook=workbook, sheet=sheet, headings=headings)


def _sha256(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()
