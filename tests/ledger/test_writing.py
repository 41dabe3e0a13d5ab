"""What the store gives back is what it was given, on both databases, and one bad record takes no neighbour down."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.recording import HOST, WriterOnALoop, stored_records
from tests.usage_records import record_of, usage_records
from usage_service.database.database import Database
from usage_service.errors import KeyReused, NotStored, StoreUnavailable
from usage_service.ledger import writing
from usage_service.ledger.model import Receipt
from usage_service.ledger.records import Records
from usage_service.ledger.writing import IssueIds, RecordWriter
from usage_service.record import MAX_PROPERTIES, MAX_VALUE_LENGTH, Property
from usage_service.record_ids import new_record_ids

on_one_database = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(params=["sqlite", "postgresql", "postgresql from a loop"])
def way(request: pytest.FixtureRequest) -> str:
    """Each database, written to in each way there is."""
    return request.param


@pytest.fixture
def database_url(way: str, request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(f"{way.split(maxsplit=1)[0]}_url")


@pytest.fixture
def writer_of(way: str, database: Database):
    def writer_of(issue_ids: IssueIds = new_record_ids) -> RecordWriter | WriterOnALoop:
        if way == "postgresql from a loop":
            opened.append(WriterOnALoop(database, issue_ids))
        else:
            opened.append(RecordWriter(database, host=HOST, issue_ids=issue_ids))
        return opened[-1]

    opened = []
    yield writer_of
    for writer in opened:
        writer.close()


@pytest.fixture
def writer(writer_of) -> RecordWriter | WriterOnALoop:
    return writer_of()


def refuse(database: Database, service: str) -> None:
    """Make the database itself refuse records of a service."""
    body = {
        "sqlite": f"BEFORE INSERT ON usage_record WHEN NEW.service = '{service}' BEGIN SELECT RAISE(ABORT, 'no'); END",
        "postgresql": f"ADD CONSTRAINT refused CHECK (service <> '{service}')",
    }[database.dialect]
    head = "CREATE TRIGGER refused" if database.dialect == "sqlite" else "ALTER TABLE usage_record"
    with database.transaction() as connection:
        connection.execute(text(f"{head} {body}"))


def counts(database: Database) -> tuple[int, int]:
    with database.connect() as connection:
        return (
            connection.execute(text("SELECT count(*) FROM usage_record")).scalar_one(),
            connection.execute(text("SELECT count(*) FROM usage_property")).scalar_one(),
        )


@on_one_database
@given(records=st.lists(usage_records, min_size=1, max_size=6))
def test_legal_records_survive_round_trip(writer, database, records):
    receipts = writer.write(records)
    questions = Records(database)
    assert [questions.get(receipt.record_id).record for receipt in receipts] == records


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [("", "")],
        [("", ""), ("", "")],
        [("NAME", "")],
        [("", "value")],
        [("NAME", "1"), ("NAME", "2"), ("NAME", "1")],
        [("NAME", "a;b=c%"), (";=%", "\r\n\t")],
        [("NAME", "😀" * MAX_VALUE_LENGTH)],
        [(f"NAME{number}", str(number)) for number in range(MAX_PROPERTIES)],
    ],
    ids=["none", "one empty", "two empty", "no value", "no name", "repeats", "packing", "longest", "most"],
)
def test_properties_keep_order_repeats_and_characters(writer, database, pairs):
    writer.write([record_of(), record_of(*pairs), record_of(("AFTER", "it"))])
    before, stored, after = stored_records(database)
    assert [tuple(pair) for pair in stored.record.properties] == pairs
    assert (before.record.properties, after.record.properties) == ((), (Property("AFTER", "it"),))


@pytest.mark.parametrize(
    "field", ["requester", "principal", "caller_address", "header_transaction_id", "header_service_id"]
)
def test_unknown_value_stays_null_beside_known(writer, database, field):
    writer.write([record_of(), record_of(**{field: "known"}), record_of(**{field: ""})])
    with database.connect() as connection:
        found = connection.execute(text(f"SELECT {field} FROM usage_record ORDER BY record_id")).scalars().all()
    assert found == [None, "known", None]


def test_warnings_null_or_in_order(writer, database):
    writer.write([record_of(), record_of(remarks=("repaired", "unknown_service"))])
    assert [stored.record.remarks for stored in stored_records(database)] == [(), ("repaired", "unknown_service")]


def test_warning_with_comma_stays_one_warning(writer, database):
    remarks = ("unknown_property:A,B", "unknown_property:100%2C", "repaired")
    writer.write([record_of(remarks=remarks)])
    (stored,) = stored_records(database)
    assert stored.record.remarks == remarks


def test_stored_record_has_receiver_and_time(writer, database):
    before = datetime.now(UTC)
    writer.write([record_of()])
    (stored,) = stored_records(database)
    assert stored.host == HOST
    assert before.replace(microsecond=0) <= stored.received_at <= datetime.now(UTC)


@pytest.mark.parametrize("size", [1, 2, 63, 64, 65, 127, 300])
def test_group_stored_whole_and_in_order(writer, database, size):
    group = [record_of(("N", str(number)), global_transaction_id=str(number)) for number in range(size)]
    receipts = writer.write(group)
    assert [stored.record for stored in stored_records(database)] == group
    assert [stored.record_id for stored in stored_records(database)] == [receipt.record_id for receipt in receipts]


@pytest.mark.parametrize("bad", [[0], [49], [99], [0, 1], [3, 50, 51, 97], range(100)], ids=str)
def test_rejected_records_do_not_affect_neighbours(writer, database, bad):
    refuse(database, "REFUSED")
    group = [
        record_of(("N", str(n)), global_transaction_id=str(n), service="REFUSED" if n in bad else "PX21_CN_IMS")
        for n in range(100)
    ]
    outcomes = writer.write(group)
    assert {n for n, outcome in enumerate(outcomes) if isinstance(outcome, NotStored)} == set(bad)
    good = [record for n, record in enumerate(group) if n not in bad]
    assert [stored.record for stored in stored_records(database)] == good
    assert counts(database) == (len(good), len(good))


def test_receipt_matches_record_after_rejected_one(writer, database):
    refuse(database, "REFUSED")
    group = [record_of(global_transaction_id=str(n), service="REFUSED" if n == 5 else "S") for n in range(10)]
    outcomes = writer.write(group)
    questions = Records(database)
    for record, outcome in zip(group, outcomes, strict=True):
        if isinstance(outcome, Receipt):
            assert questions.get(outcome.record_id).record == record


def test_existing_id_is_rejected_without_change(writer_of, database):
    record_id = "01890a5d-ac96-774b-bcce-b302099a8057"
    writer = writer_of(lambda count: [record_id] * count)
    (first,) = writer.write([record_of(("A", "1"))])
    (second,) = writer.write([record_of(("B", "2"))])
    assert isinstance(first, Receipt)
    assert isinstance(second, NotStored)
    assert [stored.record.properties for stored in stored_records(database)] == [(("A", "1"),)]


def test_group_exceeding_socket_buffer_stored_whole(writer, database):
    group = [record_of(("N", str(n) * MAX_VALUE_LENGTH)) for n in range(10)] * 20
    assert len({receipt.record_id for receipt in writer.write(group)}) == 200
    assert counts(database) == (200, 200)


def test_reused_key_returns_original_or_is_rejected(writer, database):
    first, other = record_of(("N", "1"), once_key="key:1"), record_of(("N", "2"), once_key="key:1")
    (receipt,) = writer.write([first])
    replayed, reused, fresh = writer.write([first, other, record_of(once_key="key:2")])
    assert replayed == Receipt(receipt.record_id, replayed=True)
    assert isinstance(reused, KeyReused)
    assert isinstance(fresh, Receipt)
    assert counts(database)[0] == 2


@pytest.mark.parametrize("failure", [NotStored, StoreUnavailable])
def test_failed_key_lookup_keeps_stored_outcomes(writer, database, monkeypatch, failure):
    def fail(*_):
        raise failure("the question failed")

    first = record_of(once_key="key:1")
    writer.write([first])
    monkeypatch.setattr(writing, "_originals", fail)
    replayed, fresh = writer.write([first, record_of(("N", "fresh"))])
    assert isinstance(replayed, failure)
    assert isinstance(fresh, Receipt)
    assert counts(database) == (2, 1)


def test_error_hides_sql_values_and_paths(writer, database):
    refuse(database, "REFUSED")
    (outcome,) = writer.write([record_of(("SECRET", "value"), service="REFUSED")])
    assert str(outcome) == "the database refused it"


def test_two_writers_do_not_interfere(writer_of, database):
    first, second = writer_of(), writer_of()
    for number in range(20):
        (first if number % 2 else second).write([record_of(("N", str(number)))])
    assert counts(database) == (20, 20)
