"""From the workbook to the bill: every row is counted, and every amount arrives."""

import hashlib
import io
from contextlib import suppress
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.spreadsheet.building import EMPTY, error, formula, number, text
from tests.systems.bridge_billing.cdr_workbook.awkward import PGI, book, cases, texts
from tests.systems.bridge_billing.vectors import directory, rate, totals
from usage_service.errors import UnreadableFile
from usage_service.systems.bridge_billing.cdr import CdrLine, Rejected
from usage_service.systems.bridge_billing.cdr_workbook.reading import SHOWN_REJECTS, Tally, open_cdr_file
from usage_service.systems.bridge_billing.cdr_workbook.report import dry_run

CASES = cases()


def read(content: bytes) -> tuple[list[CdrLine | Rejected], Tally]:
    tally = Tally()
    return list(open_cdr_file(io.BytesIO(content), PGI).read(tally)), tally


def test_reference_workbook_gives_reference_bill() -> None:
    items, tally = read(CASES["reference"].content)
    rated = rate(items, known=directory())
    assert totals(rated) == {"A/20": Decimal("100.10"), "A/30": Decimal("50.06"), "B/10": Decimal("12.34")}
    assert tally.totals == (("SEK", Decimal("167.495")),)
    assert rated.control[0].file_total == tally.totals[0][1]


def test_every_line_says_where_it_stands() -> None:
    content = CASES["reference"].content
    items, _ = read(content)
    assert [item.position.row for item in items] == [2, 3, 4, 5, 6]
    assert {item.position[:2] for item in items} == {(hashlib.sha256(content).hexdigest(), "CDR")}
    assert {item.position.layout for item in items} == {PGI.identity}


def test_row_hash_depends_on_every_cell() -> None:
    one, other = (read(book(texts("777", "2012-10-07", "1", "", note)).content)[0][0] for note in "ab")
    assert isinstance(one, CdrLine)
    assert isinstance(other, CdrLine)
    assert one.row_hash != other.row_hash


def test_a_file_can_be_read_again() -> None:
    file = open_cdr_file(io.BytesIO(CASES["reference"].content), PGI)
    assert list(file.read(Tally())) == list(file.read(Tally()))


def test_report_shows_first_rejects_counts_all() -> None:
    file = open_cdr_file(io.BytesIO(book(*[texts("777", "never", "1")] * 60).content), PGI)
    report = str(dry_run("cdr.xlsx", file))
    assert report.count("is not a date") == SHOWN_REJECTS
    assert "and 10 more" in report
    assert "rejected 60" in report


CELLS = st.one_of(
    st.just(EMPTY),
    st.sampled_from(["777", "0012345", "2012-10-07", "Total", "Subtotal", "1.00", "x"]).map(text),
    st.decimals("-1e6", "1e6", places=3, allow_nan=False).map(str).map(number),
    st.just(error("#REF!")),
    st.just(formula("A1")),
)


@settings(max_examples=60)
@given(st.lists(st.lists(CELLS, max_size=5), max_size=10))
def test_counts_add_up_for_any_cells(rows: list[list[str]]) -> None:
    items, tally = read(book(*rows).content)
    assert tally.rows == len(rows) + 1
    assert tally.lines + tally.rejects + sum(tally.left_out.values()) == tally.rows
    assert len(items) == tally.lines + tally.rejects
    assert sum((item.amount or 0 for item in items), Decimal(0)) == sum(dict(tally.totals).values())


@settings(max_examples=150)
@given(st.sampled_from(["reference", "xls", "csv"]), st.data())
def test_damaged_file_is_read_or_rejected(name: str, data: st.DataObject) -> None:
    content = bytearray(CASES[name].content)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(UnreadableFile):
        items, tally = read(bytes(content))
        assert len(items) == tally.lines + tally.rejects
