"""Once-only under the worst of it: 64 connections send the same records five times in random order, while workers are
killed with -9. `make storm` takes the full size on both databases."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from tests.ledger.storm import PATIENCE_SECONDS, TIMES, Storm
from tests.running import RunningService, running, wait_until
from usage_service.database.database import open_database

FULL_SIZE = 5_000
SIZES = {"postgresql": FULL_SIZE, "sqlite": FULL_SIZE if os.environ.get("STORM") == "full" else FULL_SIZE // 5}
KILLS = 4


@pytest.fixture
def storm(tmp_path, database_url):
    """The storm after it is over."""
    with running(RunningService(database_url, tmp_path, {"workers": "2"})) as service:
        storm = Storm(service, SIZES[database_url.partition(":")[0]])
        with ThreadPoolExecutor(1) as sending:
            sent = sending.submit(storm.run)
            for number in range(1, KILLS + 1):
                due = storm.sends * number // (KILLS + 1)
                wait_until(lambda due=due: sent.done() or storm.answered > due, "answers", PATIENCE_SECONDS)
                service.replace_worker(service.busiest_worker())
            sent.result()
        yield storm


def stored(database_url):
    """The id of every stored record by its transaction, and how many keys there are."""
    database = open_database(database_url)
    with database.connect() as connection:
        rows = connection.execute(text("SELECT global_transaction_id, record_id FROM usage_record")).all()
        keys = connection.execute(text("SELECT count(*) FROM once_key")).scalar_one()
    database.close()
    return [(int(transaction), str(record_id)) for transaction, record_id in rows], keys


def test_each_record_stored_and_acknowledged_once(storm, database_url):
    rows, keys = stored(database_url)

    assert len(rows) == keys == storm.records
    assert storm.replies == {number: [record_id] * TIMES for number, record_id in rows}
    assert storm.broken > 0, "no connection was lost: the workers were killed too late"
