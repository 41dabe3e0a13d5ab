"""Each question about stored records gets its records, all of them, in the order of receipt."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.recording import open_writer
from tests.usage_records import record_of
from usage_service.errors import InvalidValue, NotFound
from usage_service.ledger.model import RecordFilter
from usage_service.ledger.records import Records
from usage_service.record import Property

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)

RECORDS = [
    record_of(("CORRELATOR", "c1"), ("TARGET", "a"), global_transaction_id="t1", record_time=NOON),
    record_of(("CORRELATOR", "c1"), global_transaction_id="t1", event_type="StopCallNotification", record_time=NOON),
    record_of(("TARGET", "c1"), global_transaction_id="t2", code=1, record_time=NOON + timedelta(milliseconds=1)),
    record_of(global_transaction_id="t3", service="PX21_TPC_IMS", event_type="StartCall", requester="alice"),
    record_of(global_transaction_id="t4", source="genesys", record_time=NOON + timedelta(days=1)),
]


@pytest.fixture
def records(database):
    writer = open_writer(database)
    writer.write(RECORDS)
    writer.close()
    return Records(database)


def positions(found):
    return [RECORDS.index(stored.record) for stored in found]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"global_transaction_id": "t1"}, [0, 1]),
        ({"service": "PX21_TPC_IMS"}, [3]),
        ({"event_type": "StopCallNotification"}, [1]),
        ({"code": 1}, [2]),
        ({"code": 0, "service": "PX21_CN_IMS"}, [0, 1, 4]),
        ({"requester": "alice"}, [3]),
        ({"source": "genesys"}, [4]),
        ({"from_time": NOON}, [0, 1, 2, 4]),
        ({"from_time": NOON, "to_time": NOON + timedelta(milliseconds=1)}, [0, 1]),
        ({"to_time": NOON}, [3]),
        ({"properties": (Property("CORRELATOR", "c1"),)}, [0, 1]),
        ({"properties": (Property("CORRELATOR", "c1"), Property("TARGET", "a"))}, [0]),
        ({"properties": (Property("CORRELATOR", "a"),)}, []),
        ({"global_transaction_id": "T1"}, []),
        ({"global_transaction_id": "' OR 1=1 --"}, []),
    ],
    ids=str,
)
def test_every_condition_selects_exactly_its_records(records, wanted, expected):
    assert positions(records.find(RecordFilter(**wanted))) == expected


def test_pages_have_no_gap_or_repeat(records):
    first = records.find(RecordFilter(), limit=2)
    second = records.find(RecordFilter(), limit=2, after=first[-1].record_id)
    third = records.find(RecordFilter(), limit=2, after=second[-1].record_id)
    assert positions([*first, *second, *third]) == [0, 1, 2, 3, 4]


def test_record_is_found_by_id(records):
    for stored in records.find(RecordFilter()):
        assert records.get(stored.record_id) == stored


def test_unknown_id_is_not_found(records):
    with pytest.raises(NotFound, match="there is no record 01890a5d-ac96-774b-bcce-b302099a8057"):
        records.get("01890a5d-ac96-774b-bcce-b302099a8057")


def test_record_id_ignores_letter_case(records):
    (stored, *_) = records.find(RecordFilter())
    assert records.get(stored.record_id.upper()) == stored
    assert positions(records.find(RecordFilter(), after=stored.record_id.upper())) == [1, 2, 3, 4]


@pytest.mark.parametrize("text", ["", "1", "not an id", "' OR 1=1 --"])
def test_malformed_record_id_is_invalid_value(records, text):
    with pytest.raises(InvalidValue):
        records.get(text)
    with pytest.raises(InvalidValue):
        records.find(RecordFilter(), after=text)
