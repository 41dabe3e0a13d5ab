"""The view USAGERECORDS: the old platform's nine columns, packed and cut as its mediators expect."""

from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.database.servicedata import segments, size
from tests.recording import HOST, open_writer
from tests.usage_records import moments, properties, record_of, xml_texts
from usage_service.database.database import Database
from usage_service.record import milliseconds_from_time

NINE = ("RECORDID", "SEGMENT", "GLOBALID", "SERVICE", "HOST", "EVENTTYPE", "RECORDTIME", "STATUSCODE", "SERVICEDATA")
DIGITS = "1234567890"

on_one_database = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


def set_format(database: Database, *, limit: int = 4000, escaping: str = "minimal") -> None:
    with database.transaction() as connection:
        connection.execute(
            text("UPDATE servicedata_format SET limit_bytes = :limit, escaping = :escaping"),
            {"limit": limit, "escaping": escaping},
        )


def packed(database: Database, *pairs: tuple[str, str], **fields) -> list[str]:
    """SERVICEDATA of a fresh record, by SEGMENT."""
    writer = open_writer(database)
    (receipt,) = writer.write([record_of(*pairs, **fields)])
    writer.close()
    question = text("SELECT segment, servicedata FROM USAGERECORDS WHERE recordid = :id ORDER BY segment")
    with database.connect() as connection:
        rows = connection.execute(question, {"id": receipt.record_id}).all()
    assert [row.segment for row in rows] == list(range(len(rows)))
    return [row.servicedata for row in rows]


ABC = [(name, DIGITS) for name in "ABC"]


@pytest.mark.parametrize(
    ("pairs", "limit", "expected"),
    [
        ([("REQUESTER", "alice"), ("CORRELATOR", "c1")], 4000, ["REQUESTER=alice;CORRELATOR=c1"]),
        ([("X", "a;b=c%")], 4000, ["X=a%3Bb=c%25"]),
        ([("k=1", "v")], 4000, ["k%3D1=v"]),
        ([("X", "a\r\nb\tc")], 4000, ["X=a%0D%0Ab\tc"]),
        ([], 4000, [""]),
        ([("", "")], 4000, ["="]),
        (ABC, 26, [f"A={DIGITS};B={DIGITS};", f"C={DIGITS}"]),
        (ABC, 25, [f"A={DIGITS};", f"B={DIGITS};C={DIGITS}"]),
        (ABC, 24, [f"A={DIGITS};", f"B={DIGITS};", f"C={DIGITS}"]),
        ([("A", "1"), ("B", DIGITS), ("C", "2")], 5, ["A=1;", "B=123", "45678", "90;", "C=2"]),
        ([("A", "€€€")], 4, ["A=", "€", "€", "€"]),
        ([("A", "😀😀")], 7, ["A=😀", "😀"]),
    ],
    ids=str,
)
def test_properties_packed_and_split_as_documented(database, pairs, limit, expected):
    set_format(database, limit=limit)
    assert segments(pairs, limit) == expected
    assert packed(database, *pairs) == expected


def test_raw_packing_changes_nothing(database):
    set_format(database, escaping="raw")
    assert packed(database, ("k=1", "a;b=c%\r\n"), ("B", "2")) == ["k=1=a;b=c%\r\n;B=2"]


@on_one_database
@example(pairs=(("A", "é" * 20), ("B", "😀" * 5)), limit=4, escaping="minimal")
@given(pairs=properties, limit=st.integers(4, 60), escaping=st.sampled_from(["minimal", "raw"]))
def test_any_properties_packed_as_oracle_predicts(database, pairs, limit, escaping):
    set_format(database, limit=limit, escaping=escaping)
    rows = packed(database, *pairs)
    assert rows == segments(pairs, limit, escaping)
    assert max(map(size, rows)) <= limit


@on_one_database
@given(pairs=st.lists(st.tuples(xml_texts(), xml_texts()), min_size=1, max_size=8), limit=st.integers(4, 60))
def test_a_mediator_gets_every_pair_back(database, pairs, limit):
    set_format(database, limit=limit)
    whole = "".join(packed(database, *pairs))
    unpacked = [tuple(map(unquote, pair.split("=", 1))) for pair in whole.split(";")]
    assert unpacked == pairs


def test_default_size_gives_rows_of_4000_bytes(database):
    rows = packed(database, ("A", "x" * 9000), ("B", "y"))
    assert [len(row) for row in rows] == [4000, 4000, 1006]


def columns_of(database: Database, record, *names: str):
    writer = open_writer(database)
    writer.write([record])
    writer.close()
    with database.connect() as connection:
        return connection.execute(text(f"SELECT {', '.join(names)} FROM USAGERECORDS")).one()


def test_nine_columns_keep_names_and_values(database):
    row = columns_of(database, record_of(("REQUESTER", "alice"), code=3), *NINE[1:])
    assert tuple(row)[:5] == (0, "6f1c0f3e", "PX21_CN_IMS", HOST, "StartCallNotification")
    assert str(row.recordtime).startswith("2012-10-29 14:41:00.540")
    assert tuple(row)[6:] == (3, "REQUESTER=alice")


def test_old_columns_precede_ours_in_order(database):
    with database.connect() as connection:
        names = list(connection.execute(text("SELECT * FROM USAGERECORDS")).keys())
    assert [name.upper() for name in names] == [*NINE, "RECORDTIME_MS"]


@on_one_database
@given(moment=moments)
def test_milliseconds_match_instant_from_caller(database, moment):
    writer = open_writer(database)
    (receipt,) = writer.write([record_of(record_time=moment)])
    writer.close()
    question = text("SELECT recordtime_ms FROM USAGERECORDS WHERE recordid = :id")
    with database.connect() as connection:
        found = connection.execute(question, {"id": receipt.record_id}).scalar_one()
    assert found == milliseconds_from_time(moment)


MEDIATORS_SQL = """
SELECT U.RECORDID, U.SEGMENT, U.GLOBALID, U.STATUSCODE, U.SERVICEDATA
FROM USAGERECORDS U
WHERE U.SERVICE = 'PX21_SMS_SMPP' AND U.STATUSCODE = 0
  AND U.RECORDTIME >= '2024-05-01 00:00:00' AND U.RECORDTIME < '2024-06-01 00:00:00'
  AND U.SERVICEDATA LIKE '%TARGET=tel:%'
ORDER BY U.RECORDTIME, U.RECORDID, U.SEGMENT
"""


def test_a_mediators_own_sql_still_works(database):
    may, june = datetime(2024, 5, 31, 23, 59, 59, 999_000, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC)
    wanted = {"service": "PX21_SMS_SMPP", "event_type": "sendSms"}
    writer = open_writer(database)
    writer.write(
        [
            record_of(("TARGET", "tel:1"), global_transaction_id="mine", record_time=may, **wanted),
            record_of(("TARGET", "tel:2"), global_transaction_id="too late", record_time=june, **wanted),
            record_of(("TARGET", "tel:3"), global_transaction_id="failed", record_time=may, code=12, **wanted),
            record_of(("TARGET", "tel:4"), global_transaction_id="another service", record_time=may),
        ]
    )
    writer.close()
    with database.connect() as connection:
        rows = connection.execute(text(MEDIATORS_SQL.replace(":", r"\:"))).all()
    assert [tuple(row)[1:] for row in rows] == [(0, "mine", 0, "TARGET=tel:1")]


def test_invalid_format_is_rejected_by_database(database):
    for column, value in (("limit_bytes", "3"), ("escaping", "'url'")):
        with pytest.raises(Exception, match="refused"), database.transaction() as connection:
            connection.execute(text(f"UPDATE servicedata_format SET {column} = {value}"))
