"""A database that is down, locked or full is reported at once as ours, in plain words; when it is back, all goes on."""

import sqlite3
import threading
from contextlib import closing

import pytest
from sqlalchemy import event, text

from demos.ports import reserved_port
from tests.recording import WriterOnALoop, open_writer, recording, stored_records
from tests.usage_records import record_of
from usage_service.database import database as database_module
from usage_service.database.database import open_database
from usage_service.database.schema import upgrade_schema
from usage_service.errors import ConfigurationError, OutcomeUnknown, StoreUnavailable
from usage_service.ledger.model import Receipt

UNAVAILABLE = "the database is not available"


@pytest.fixture
def on_postgresql(postgresql_url):
    database = open_database(postgresql_url)
    upgrade_schema(database)
    yield database
    database.close()


@pytest.fixture
def on_sqlite(sqlite_url, monkeypatch):
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_SECONDS", 0.1)
    database = open_database(sqlite_url)
    upgrade_schema(database)
    yield database
    database.close()


@pytest.fixture
def stoppable(postgresql_server):
    """The server; running again afterwards, whatever the test did."""
    yield postgresql_server
    if not postgresql_server.is_running():
        postgresql_server.start()


def check(database):
    with database.connect() as connection:
        connection.execute(text("SELECT 1"))


def writing(database, *records):
    writer = open_writer(database)
    outcomes = writer.write(records)
    writer.close()
    return outcomes


def test_server_outage_reported_then_writing_resumes(on_postgresql, stoppable):
    with recording(open_writer(on_postgresql)) as recorder:
        recorder.record(record_of(("N", "before")))
        stoppable.stop()
        for _ in range(3):
            with pytest.raises(StoreUnavailable, match=f"^{UNAVAILABLE}$"):
                recorder.record(record_of(("N", "while down")))
        stoppable.start()
        recorder.record(record_of(("N", "after")))
    assert [stored.record.properties for stored in stored_records(on_postgresql)] == [
        (("N", "before"),),
        (("N", "after"),),
    ]


@pytest.mark.parametrize("open_any_writer", [open_writer, WriterOnALoop])
def test_unnoticed_restart_loses_no_group(on_postgresql, stoppable, open_any_writer):
    writer = open_any_writer(on_postgresql)
    writer.write([record_of()])
    stoppable.stop()
    stoppable.start()
    outcomes = [writer.write([record_of()])[0] for _ in range(3)]
    writer.close()
    assert [type(outcome) for outcome in outcomes] == [Receipt] * 3
    assert len(stored_records(on_postgresql)) == 4


def test_loop_reports_outage_then_writing_resumes(on_postgresql, stoppable):
    writer = WriterOnALoop(on_postgresql)
    writer.write([record_of(("N", "before"))])
    stoppable.stop()
    outcomes = [outcome for _ in range(3) for outcome in writer.write([record_of(("N", "while down"))] * 2)]
    stoppable.start()
    writer.write([record_of(("N", "after"))])
    writer.close()
    assert [str(outcome) for outcome in outcomes] == [UNAVAILABLE] * 6
    assert [stored.record.properties[0].value for stored in stored_records(on_postgresql)] == ["before", "after"]


def test_server_crash_during_group_leaves_outcome_unknown(on_postgresql, stoppable):
    writer = WriterOnALoop(on_postgresql)
    writer.write([record_of()])
    with on_postgresql.engine.connect() as other:
        other.execute(text("LOCK usage_record"))
        threading.Timer(0.3, stoppable.stop).start()
        outcomes = writer.write([record_of()])
        other.invalidate()
    stoppable.start()
    outcomes += writer.write([record_of()])
    writer.close()
    assert [type(outcome) for outcome in outcomes] == [OutcomeUnknown, Receipt]


def test_readers_are_told_too_and_recover(on_postgresql, stoppable):
    check(on_postgresql)
    stoppable.stop()
    for question in (lambda: check(on_postgresql), lambda: stored_records(on_postgresql)):
        with pytest.raises(StoreUnavailable, match=f"^{UNAVAILABLE}$"):
            question()
    stoppable.start()
    check(on_postgresql)
    assert stored_records(on_postgresql) == []


def test_locked_database_is_unavailable_until_released(on_sqlite):
    with closing(sqlite3.connect(on_sqlite.file)) as other:
        other.execute("BEGIN IMMEDIATE")
        (outcome,) = writing(on_sqlite, record_of())
        assert isinstance(outcome, StoreUnavailable)
        assert str(outcome) == UNAVAILABLE
    (outcome,) = writing(on_sqlite, record_of())
    assert isinstance(outcome, Receipt)


def test_readers_do_not_wait_for_writer(on_sqlite):
    writing(on_sqlite, record_of())
    with closing(sqlite3.connect(on_sqlite.file)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert len(stored_records(on_sqlite)) == 1


def test_full_disk_keeps_no_partial_group(on_sqlite):
    connections = []
    event.listen(on_sqlite.engine, "connect", lambda connection, _entry: connections.append(connection))
    on_sqlite.engine.dispose()
    writer = open_writer(on_sqlite)
    writer.write([record_of(("N", "before"))])
    for connection in connections:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 2}")
    outcomes = writer.write([record_of(("N", "small")), *[record_of(("N", "x" * 60_000))] * 3])
    assert [str(outcome) for outcome in outcomes] == [UNAVAILABLE] * 4
    assert len(stored_records(on_sqlite)) == 1
    for connection in connections:
        connection.execute("PRAGMA max_page_count=1000000")
    writer.write([record_of(("N", "after"))])
    writer.close()
    assert [stored.record.properties for stored in stored_records(on_sqlite)] == [(("N", "before"),), (("N", "after"),)]


def test_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "usage.db").write_bytes(b"certainly not a database" * 100)
    with pytest.raises(ConfigurationError, match="is not an SQLite database"):
        open_database(f"sqlite:///{tmp_path}/usage.db")


def test_server_not_running_is_unavailable():
    database = open_database(f"postgresql://unknown@127.0.0.1:{reserved_port()}/nothing")
    with pytest.raises(StoreUnavailable, match=f"^{UNAVAILABLE}$"):
        check(database)
    (outcome,) = writing(database, record_of())
    assert isinstance(outcome, StoreUnavailable)


@pytest.mark.parametrize("url", ["", "usage.db", "mysql://localhost/usage", "oracle://localhost/usage", "sqlite"])
def test_unsupported_database_url_is_configuration_error(url):
    with pytest.raises(ConfigurationError):
        open_database(url)
