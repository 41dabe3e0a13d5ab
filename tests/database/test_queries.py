"""The DBA's cookbook: every query runs on its database and gives the known answer."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.recording import open_writer
from tests.usage_records import record_of
from usage_service.database.database import Database, open_database
from usage_service.database.schema import upgrade_schema
from usage_service.ledger.model import Receipt
from usage_service.shipped import shipped

FOLDER = shipped("sql", "queries")
DIALECTS = ("sqlite", "postgresql")
STEMS = sorted({path.name.split(".")[0] for path in FOLDER.glob("*.sql")})
MAY = {"since": "2024-05-01 00:00:00.000", "until": "2024-06-01 00:00:00.000"}
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def call(minute: int, *pairs: tuple[str, str], **fields: Any):
    return record_of(*pairs, record_time=NOON + timedelta(minutes=minute), **fields)


TARGETS = {"service": "PX21_TPC_IMS", "event_type": "StartCall"}
RECORDS = [
    call(0, ("REQUESTER", "alice"), ("CORRELATOR", "c1"), global_transaction_id="t1", requester="alice"),
    call(1, ("CORRELATOR", "c1"), global_transaction_id="t1", event_type="StopCallNotification", code=1),
    call(2, ("CALLED_PARTY", "sip:bob"), global_transaction_id="t2", code=2, requester="bob", **TARGETS),
    call(61, ("CALLED_PARTY", "sip:bob"), ("A", "b"), global_transaction_id="t3", requester="bob", **TARGETS),
    call(61, ("CALLED_PARTY", "sip:bob"), ("A", "b"), global_transaction_id="t3", requester="bob", **TARGETS),
    call(61, ("CALLED_PARTY", "sip:eve"), ("A", "b"), global_transaction_id="t3", requester="bob", **TARGETS),
    call(24 * 60, global_transaction_id="t4", source="genesys", service="GVP", remarks=("unknown_service",)),
    record_of(global_transaction_id="today", record_time=datetime.now(UTC).replace(microsecond=0)),
]


def answers(ids: list[str]) -> dict[str, tuple[dict[str, Any], list[tuple[Any, ...]]]]:
    """For each query: its parameters, and the rows it must give (the columns named in COLUMNS, or all)."""
    return {
        "records_of_a_transaction": ({"transaction": "t1"}, [(ids[0],), (ids[1],)]),
        "properties_of_a_record": (
            {"record_id": ids[0]},
            [(0, "REQUESTER", "alice"), (1, "CORRELATOR", "c1")],
        ),
        "records_with_a_property": (
            {**MAY, "name": "CALLED_PARTY", "value": "sip:bob"},
            [(ids[2],), (ids[3],), (ids[4],)],
        ),
        "failures_per_service_and_hour": (
            MAY,
            [("2024-05-01 12", "PX21_CN_IMS", 2, 1, 50), ("2024-05-01 12", "PX21_TPC_IMS", 1, 1, 100)],
        ),
        "status_codes_per_service": (
            MAY,
            [
                ("GVP", 0, 1),
                ("PX21_CN_IMS", 0, 1),
                ("PX21_CN_IMS", 1, 1),
                ("PX21_TPC_IMS", 0, 3),
                ("PX21_TPC_IMS", 2, 1),
            ],
        ),
        "call_notifications_as_columns": (
            MAY,
            [
                (ids[0], "StartCallNotification", "alice", "c1", None),
                (ids[1], "StopCallNotification", None, "c1", None),
            ],
        ),
        "volume_per_requester": (
            MAY,
            [
                ("bob", "PX21_TPC_IMS", 4, 1),
                ("(unknown)", "GVP", 1, 0),
                ("(unknown)", "PX21_CN_IMS", 1, 1),
                ("alice", "PX21_CN_IMS", 1, 0),
            ],
        ),
        "late_arrivals": ({**MAY, "minutes": 60}, [(record_id,) for record_id in ids[:7]]),
        "unusual_records": (MAY, [("GVP", "StartCallNotification", "unknown_service", 1)]),
        "largest_records": (
            {**MAY, "limit": 2},
            [(ids[0], "PX21_CN_IMS", "StartCallNotification", 2, 26), (ids[3], "PX21_TPC_IMS", "StartCall", 2, 21)],
        ),
        "properties_in_use": (
            MAY,
            [
                ("PX21_CN_IMS", "StartCallNotification", "CORRELATOR", 1, 1),
                ("PX21_CN_IMS", "StartCallNotification", "REQUESTER", 1, 1),
                ("PX21_CN_IMS", "StopCallNotification", "CORRELATOR", 1, 1),
                ("PX21_TPC_IMS", "StartCall", "A", 3, 1),
                ("PX21_TPC_IMS", "StartCall", "CALLED_PARTY", 4, 2),
            ],
        ),
        "duplicates_by_content": (MAY, [(ids[3], 2, "t3", "PX21_TPC_IMS", "StartCall")]),
        "records_per_source_and_day": (
            MAY,
            [("2024-05-01", "soap", 6), ("2024-05-02", "genesys", 1)],
        ),
        "services_fallen_silent": (
            {"since": "2999-01-01 00:00:00.000"},
            [("GVP", 1), ("PX21_CN_IMS", 3), ("PX21_TPC_IMS", 4)],
        ),
    }


COLUMNS = {
    "records_of_a_transaction": ["record_id"],
    "records_with_a_property": ["record_id"],
    "late_arrivals": ["record_id"],
    "services_fallen_silent": ["service", "records"],
}


@pytest.fixture(scope="module", params=DIALECTS)
def cookbook(request, tmp_path_factory) -> Iterator[tuple[Database, list[str]]]:
    """A database with the records above, and their ids."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('cookbook')}/usage.db"
    else:
        url = request.getfixturevalue("postgresql_server").create_database("cookbook")
    database = open_database(url)
    upgrade_schema(database)
    writer = open_writer(database)
    receipts = writer.write(RECORDS)
    writer.close()
    yield database, [receipt.record_id for receipt in receipts if isinstance(receipt, Receipt)]
    database.close()


def query_text(stem: str, dialect: str) -> str:
    own = FOLDER / f"{stem}.{dialect}.sql"
    return without_comments((own if own.exists() else FOLDER / f"{stem}.sql").read_text(encoding="utf-8"))


def without_comments(statement: str) -> str:
    return re.sub(r"^--.*\n", "", statement, flags=re.MULTILINE)


def plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


@pytest.mark.parametrize("stem", STEMS)
def test_a_query_gives_the_known_answer(cookbook, stem):
    database, ids = cookbook
    parameters, expected = answers(ids)[stem]
    with database.connect() as connection:
        result = connection.execute(text(query_text(stem, database.dialect)), parameters)
        found = [tuple(map(plain, row)) for row in result.columns(*COLUMNS.get(stem, result.keys()))]
    in_any_order = stem in ("late_arrivals", "services_fallen_silent")
    assert (sorted(found) if in_any_order else found) == expected


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.sql")), ids=lambda path: path.name)
def test_query_documents_question_and_every_parameter(path):
    head, _, statement = path.read_text(encoding="utf-8").partition("\n\n")
    assert re.match(r"-- Question: \S.*\?", head)
    stated = set(re.findall(r"^-- Parameter :(\w+)  \S", head, re.MULTILINE))
    assert stated == set(re.findall(r"(?<!:):([a-z_]+)", without_comments(statement)))


def test_query_exists_for_both_databases():
    names = {path.name for path in FOLDER.glob("*.sql")}
    assert [s for s in STEMS if f"{s}.sql" not in names and any(f"{s}.{d}.sql" not in names for d in DIALECTS)] == []
    assert len(STEMS) >= 10
