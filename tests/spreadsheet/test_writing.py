"""What is written to a workbook can be read back, by us and by openpyxl."""

import io
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from usage_service.spreadsheet.reading import open_workbook
from usage_service.spreadsheet.writing import Table, write_xlsx

AMOUNTS = st.decimals("-99999999", "99999999", places=4, allow_nan=False)


def written(*tables: Table) -> io.BytesIO:
    file = io.BytesIO()
    write_xlsx(tables, file)
    return file


def test_each_table_is_sheet_with_headings() -> None:
    book = open_workbook(written(Table("a", ["x"], [["1"]]), Table("b", ["y"], [])))
    assert [(sheet.name, len(list(sheet.rows()))) for sheet in book.sheets] == [("a", 2), ("b", 1)]


@given(st.lists(AMOUNTS, min_size=1))
def test_amounts_survive_to_last_digit(amounts: list[Decimal]) -> None:
    rows = list(open_workbook(written(Table("a", ["x"], [[amount] for amount in amounts]))).sheets[0].rows())
    assert [Decimal(row.cells[1].text) for row in rows[1:]] == amounts


def test_openpyxl_reads_formula_lookalikes_as_text() -> None:
    sheet = load_workbook(written(Table("a", ["x"], [["=1+1", Decimal("1.50")]]))).worksheets[0]
    assert (sheet["A2"].data_type, sheet["A2"].value) == ("s", "=1+1")
    assert (sheet["B2"].data_type, sheet["B2"].number_format) == ("n", "0.00")


def test_characters_xml_cannot_hold_are_replaced() -> None:
    rows = list(open_workbook(written(Table("a", ["x"], [["a\x01b"]]))).sheets[0].rows())
    assert rows[1].cells[1].text == "a\N{REPLACEMENT CHARACTER}b"
