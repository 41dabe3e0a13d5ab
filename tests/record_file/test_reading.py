"""Files of records, line by line: what is printed can be read again, and every mistake names its line and column."""

import csv
import io
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.usage_records import usage_records
from usage_service.cli.printing import Format, print_rows
from usage_service.cli.records import row_of
from usage_service.errors import InvalidValue, UnreadableFile
from usage_service.ledger.model import StoredRecord
from usage_service.record import Property, SequenceNumber, UsageRecord
from usage_service.record_file.reading import content_of, heading_of, read_records

DATA = Path(__file__).parent / "data"
FORMS = [("csv", "records.csv"), ("json", "records.jsonl")]
MOMENT = datetime(2012, 10, 29, 14, 41, 0, 540_000, UTC)
VOTES = [
    UsageRecord(
        global_transaction_id="tx-1",
        service="VOTING",
        event_type="Vote",
        record_time=MOMENT,
        code=0,
        properties=(
            Property("NOTE", "a;b=c"),
            Property("NOTE", ""),
            Property("REQUESTER", "alice"),
            Property("REQUESTER", "bob"),
        ),
        source="VOTING",
        once_key="vote-1",
        sequence=SequenceNumber("boot", 1),
    ),
    UsageRecord(
        global_transaction_id="tx\n2",
        service="VOTING",
        event_type="Vote",
        record_time=MOMENT,
        code=7,
        properties=(Property("NOTE", "x"),),
        source="file",
    ),
]


def read(content: bytes, form="json"):
    return list(read_records(io.BytesIO(content), form))


@pytest.mark.parametrize(("form", "name"), FORMS)
def test_both_forms_say_the_same(form, name):
    content = (DATA / name).read_bytes()
    lines = read(content, form)
    assert [line.item for line in lines] == VOTES
    assert [line.number for line in lines] == [2, 4] if form == "csv" else [1, 3]
    assert heading_of(io.BytesIO(content), form) + "".join(line.text for line in lines) == content.decode().replace(
        "\n\n", "\n"
    )


def test_byte_order_mark_is_ignored():
    content = b"\xef\xbb\xbf" + (DATA / "records.csv").read_bytes()
    assert [line.item for line in read(content, "csv")] == VOTES


@given(st.lists(usage_records, min_size=1, max_size=3), st.sampled_from([Format.CSV, Format.JSON]))
def test_what_is_printed_is_read_again(records, form):
    rows = [
        row_of(StoredRecord(record_id=f"id-{place}", received_at=MOMENT, host="h", record=record))
        for place, record in enumerate(records)
    ]
    with redirect_stdout(io.StringIO(newline="")) as printed:
        print_rows(rows, list(rows[0]), form)
    found = [line.item for line in read(printed.getvalue().encode(), form.value)]
    by_the_service = dict.fromkeys(("requester", "principal", "caller_address"))
    by_the_service |= dict.fromkeys(("header_transaction_id", "header_service_id"))
    assert found == [replace(record, source="file", **by_the_service) for record in records]


def test_each_error_names_line_and_column():
    lines = read((DATA / "mistakes.jsonl").read_bytes())
    assert [line.number for line in lines] == list(range(1, 11))
    assert [line.item.field for line in lines] == [
        "global_transaction_id",
        "recordTime",
        "code",
        "code",
        "properties",
        "propertys",
        "sequence_number",
        "globalTransactionID",
        "line",
        "line",
    ]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("t,S,E,0,many,", "code"),
        ("t,S,E,0,0,[1]", "properties"),
        ("t,S,E,0,0,{", "properties"),
        (",S,E,0,0,", "global_transaction_id"),
        ("t,S,E,0", "line"),
        ("t\udcff,S,E,0,0,", "globalTransactionID"),
    ],
)
def test_bad_row_does_not_block_others(row, column):
    heading, good = "global_transaction_id,service,event_type,record_time,code,properties", "t,S,E,0,0,"
    content = "\n".join([heading, row, good]).encode("utf-8", "surrogateescape")
    bad, other = read(content, "csv")
    assert isinstance(bad.item, InvalidValue)
    assert bad.item.field == column
    assert isinstance(other.item, UsageRecord)


@pytest.mark.parametrize(
    "content",
    [b"", b"service,colour\n", b"service,service\n", b'service\n"a"b\n'],
    ids=["empty", "odd", "twice", "quote"],
)
def test_unreadable_file_is_rejected_whole(content):
    with pytest.raises(UnreadableFile):
        read(content, "csv")


@given(st.binary(max_size=200), st.sampled_from(["csv", "json"]))
def test_any_bytes_are_read_or_refused(content, form):
    try:
        lines = read(content, form)
    except UnreadableFile:
        return
    assert all(isinstance(line.item, UsageRecord | InvalidValue) for line in lines)


def test_file_content_known_before_reading():
    file = io.BytesIO(b"a\nb\nc")
    content = content_of(file)
    assert (content.lines, file.tell()) == (2, 0)
    assert content.digest != content_of(io.BytesIO(b"a\nb\n")).digest


def test_record_with_maximum_properties_fits_cell():
    cell = str([["N", "x" * 1000]] * 1000).replace("'", '"')
    rows = io.StringIO()
    csv.writer(rows).writerows(
        [["global_transaction_id", "service", "event_type", "record_time", "properties"], ["t", "S", "E", "0", cell]]
    )
    (line,) = read(rows.getvalue().encode(), "csv")
    assert isinstance(line.item, UsageRecord)
    assert len(line.item.properties) == 1000
