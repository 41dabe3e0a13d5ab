"""Whether records can be stored: a write that is rolled back, and one line in the log for each change of the state."""

import logging
import sqlite3
from contextlib import closing

import pytest

from tests.recording import stored_records
from usage_service.database.database import open_database
from usage_service.database.schema import upgrade_schema
from usage_service.errors import StoreUnavailable
from usage_service.ledger.model import Receipt
from usage_service.ledger.store_state import StoreProbe, StoreState
from usage_service.record_ids import new_record_ids


def probe_of(database):
    return StoreProbe(database, host="h", issue_ids=new_record_ids)


def test_probe_write_is_not_kept(database):
    probe_of(database).write()
    assert stored_records(database) == []


def test_probe_names_lock_of_others(database):
    if database.dialect == "postgresql":
        with database.engine.connect() as other:
            other.exec_driver_sql("LOCK usage_record")
            with pytest.raises(StoreUnavailable) as raised:
                probe_of(database).write()
        assert "lock timeout" in raised.value.in_full
    else:
        with closing(sqlite3.connect(database.file)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable) as raised:
                probe_of(database).write()
        assert "database is locked" in raised.value.in_full


def test_probe_refuses_read_only_server(postgresql_url):
    database = open_database(postgresql_url)
    upgrade_schema(database)
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        name = connection.engine.url.database
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    database.engine.dispose()
    with pytest.raises(StoreUnavailable, match="not available") as raised:
        probe_of(database).write()
    assert "read-only transaction" in raised.value.in_full


def test_cause_names_database_not_password(postgresql_server):
    url = postgresql_server.url_of("missing").replace("postgres@", "postgres:secret@")
    with pytest.raises(StoreUnavailable) as raised, open_database(url).connect():
        pass
    assert 'database "missing" does not exist' in raised.value.in_full
    assert "secret" not in raised.value.in_full


def test_change_of_state_logged_once(caplog):
    caplog.set_level(logging.INFO)
    state = StoreState()
    for outcome in [StoreUnavailable("away", "no route")] * 3 + [Receipt("r")] * 2:
        state.written([outcome])
    first, second = [record.getMessage() for record in caplog.records]
    assert first.startswith("cannot store since ")
    assert first.endswith(": away: no route")
    assert second.endswith("3 records were not stored")
