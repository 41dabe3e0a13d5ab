"""Every format tells the same bill, to the last digit, and no text in it can become a formula."""

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.systems.bridge_billing.vectors import LINES, lines, run
from usage_service.spreadsheet.cells import Kind
from usage_service.spreadsheet.reading import open_workbook
from usage_service.systems.bridge_billing.emission import Bill, BillingRecord, Form, bill
from usage_service.systems.bridge_billing.output.as_csv import harmless
from usage_service.systems.bridge_billing.output.as_xml import NAMESPACE
from usage_service.systems.bridge_billing.output.columns import COLUMNS
from usage_service.systems.bridge_billing.output.writers import WRITERS

DATA = Path(__file__).parent / "data"
REFERENCE = bill(run(lines(*LINES)))
DANGEROUS = '=HYPERLINK("http://evil")'


def written(name: str, what: Bill) -> bytes:
    file = io.BytesIO()
    WRITERS[name](what, file)
    return file.getvalue()


def hostile(text: str) -> Bill:
    record = BillingRecord(
        customerid=text,
        sequencenumber="007",
        total_cost=Decimal("-12.50"),
        currency="SEK",
        period="2012-10",
        user_key=text,
        line_count=1,
    )
    return Bill(run_id="r", supersedes="q", form=Form.REPLACEMENT, period="2012-10", records=(record,), control=())


def csv_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def json_rows(content: bytes) -> list[dict[str, str]]:
    return list(json.loads(content)["records"])


def xml_rows(content: bytes) -> list[dict[str, str]]:
    records = ElementTree.fromstring(content).iterfind(f"{{{NAMESPACE}}}record")
    return [{each.tag.partition("}")[2]: each.text or "" for each in record} for record in records]


def xlsx_rows(content: bytes) -> list[dict[str, str]]:
    rows = list(open_workbook(io.BytesIO(content)).sheets[0].rows())[1:]
    return [{name: row.cells[place].text for place, name in enumerate(COLUMNS, 1)} for row in rows]


READERS: dict[str, Callable[[bytes], list[dict[str, str]]]] = {
    "csv": csv_rows,
    "json": json_rows,
    "xml": xml_rows,
    "xlsx": xlsx_rows,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_holds_every_record_exactly(name: str) -> None:
    rows = READERS[name](written(name, REFERENCE))
    found = [(row["customerid"], row["sequencenumber"], Decimal(row["total_cost"])) for row in rows]
    assert found == [(each.customerid, each.sequencenumber, each.total_cost) for each in REFERENCE.records]


@pytest.mark.parametrize("name", WRITERS)
def test_written_total_equals_charged_total(name: str) -> None:
    rows = READERS[name](written(name, REFERENCE))
    assert sum(Decimal(row["total_cost"]) for row in rows) == REFERENCE.control[0].rounded


@pytest.mark.parametrize("name", ["csv", "json", "xml"])
def test_reference_bill_is_written_as_published(name: str) -> None:
    assert written(name, REFERENCE) == (DATA / f"reference.{name}").read_bytes()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_csv_neutralises_text_resembling_formula(start: str) -> None:
    (row,) = csv_rows(written("csv", hostile(f"{start}1+1")))
    assert row["user_key"] == f"'{start}1+1"


def test_negative_csv_amount_remains_numeric() -> None:
    (row,) = csv_rows(written("csv", hostile("KTH")))
    assert row["total_cost"] == "-12.50"


def test_xlsx_stores_formula_lookalike_as_text() -> None:
    content = io.BytesIO(written("xlsx", hostile(DANGEROUS)))
    row = list(open_workbook(content).sheets[0].rows())[1]
    assert (row.cells[1].kind, row.cells[1].text, row.cells[1].formula) == (Kind.TEXT, DANGEROUS, False)
    assert (row.cells[2].kind, row.cells[2].text) == (Kind.TEXT, "007")
    assert (row.cells[3].kind, row.cells[3].text) == (Kind.NUMBER, "-12.5")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_csv_text_never_starts_like_formula(text: str) -> None:
    assert not harmless(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_gives_well_formed_output(text: str) -> None:
    (from_json,) = json_rows(written("json", hostile(text)))
    assert from_json["user_key"] == text
    assert len(xml_rows(written("xml", hostile(text)))) == 1
    assert len(csv_rows(written("csv", hostile(text)))) == 1
