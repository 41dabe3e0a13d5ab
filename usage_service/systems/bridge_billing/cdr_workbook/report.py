"""A report of what a CDR file holds, for a person to read before anything is imported."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from usage_service.spreadsheet.cells import column_letters
from usage_service.systems.bridge_billing.cdr_workbook.layout import NEEDED
from usage_service.systems.bridge_billing.cdr_workbook.reading import CdrFile, Tally
from usage_service.systems.bridge_billing.cdr_workbook.rows import Left
from usage_service.systems.bridge_billing.money import EXACT, ZERO


@dataclass(frozen=True, slots=True)
class Report:
    """A file that was read to its end, and what was counted on the way."""

    name: str
    file: CdrFile
    tally: Tally

    def __str__(self) -> str:
        sections = (_file, _columns, _rows, _totals, _rejects)
        return "".join(f"{line}\n" for section in sections for line in section(self))


def dry_run(name: str, file: CdrFile) -> Report:
    """Read a file to its end, keep nothing of it but the counts."""
    tally = Tally()
    for _ in file.read(tally):
        pass
    return Report(name, file, tally)


def _file(report: Report) -> Iterator[str]:
    file = report.file
    epoch = "1904" if file.workbook.epoch_1904 else "1900"
    yield f"{report.name}: {file.workbook.kind}, sha256 {file.sha256}"
    yield f"layout {file.layout.label}, times in {file.layout.time_zone}, serial dates from {epoch}"
    yield f"sheet {file.sheet.name!r}, headings in row {file.headings.row}"
    others = [each for each in file.workbook.sheets if each.name != file.sheet.name]
    for sheet in others:
        yield f"  not read: {'hidden ' if sheet.hidden else ''}sheet {sheet.name!r}"


def _columns(report: Report) -> Iterator[str]:
    headings = report.file.headings
    yield "columns"
    for name, column in headings.columns.items():
        needed = " (needed)" if name in NEEDED else ""
        yield f"  {column_letters(column)}: {headings.name_of(column)} → {name}{needed}"
    for column, heading in headings.names.items():
        if column not in headings.columns.values():
            secret = headings.normal_names[column] in report.file.layout.secrets
            fate = "not kept" if secret else "kept in the raw row"
            yield f"  {column_letters(column)}: {heading} → {fate}"


def _rows(report: Report) -> Iterator[str]:
    tally = report.tally
    yield f"rows {tally.rows}"
    yield f"  lines {tally.lines}"
    yield f"  rejected {tally.rejects}"
    for kind in Left:
        if tally.left_out[kind]:
            amounts = tally.left_out_amounts.get(kind)
            stating = f", stating {amounts:f}" if amounts is not None else ""
            yield f"  left out: {kind.value} {tally.left_out[kind]}{stating}"
    notes = {
        "hidden rows, read like the others": tally.hidden_rows,
        "formula cells, taken by their stored result": tally.formulas,
        "formula cells without a stored result": tally.uncalculated,
        "lines with a remark": tally.remarked,
    }
    yield from (f"  note: {text}: {count}" for text, count in notes.items() if count)
    if tally.first_start is not None and tally.last_start is not None:
        yield f"  first start {_time(tally.first_start)}, last start {_time(tally.last_start)}"


def _totals(report: Report) -> Iterator[str]:
    tally = report.tally
    yield "totals"
    for currency, total in tally.totals:
        lines, rejects = tally.line_totals.get(currency, ZERO), tally.reject_totals.get(currency, ZERO)
        yield f"  {currency}: lines {lines:f} + rejected {rejects:f} = {total:f}"
    if tally.unreadable_amounts:
        yield f"  rejected without a readable amount or currency: {tally.unreadable_amounts}"
    if tally.stated_total is not None:
        yield f"  the file states {tally.stated_total:f}: {_verdict(tally)}"


def _verdict(tally: Tally) -> str:
    if len(tally.totals) != 1 or tally.stated_total is None:
        return "not compared, there is more than one currency or none"
    difference = EXACT.subtract(tally.totals[0][1], tally.stated_total)
    return "agrees" if not difference else f"DIFFERS, the rows add up to {difference:+f}"


def _rejects(report: Report) -> Iterator[str]:
    tally = report.tally
    if tally.rejects:
        yield "rejected"
    for reject in tally.first_rejects:
        yield f"  row {reject.position.row}: {reject.reason}"
    if tally.rejects > len(tally.first_rejects):
        yield f"  and {tally.rejects - len(tally.first_rejects)} more"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
