"""A WS-Addressing message id that comes with every message costs no record."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.http.wire import RECORD
from tests.recording import WriterOnALoop, open_writer, stored_records
from tests.running import RunningService
from tests.usage_records import record_of
from usage_service.database.database import Database
from usage_service.ledger.model import Receipt
from usage_service.ledger.writing import RecordWriter
from usage_service.soap.headers import LONGEST_MESSAGE_ID

FIRST = record_of(once_key="wsa:template-id")
OTHERS = [replace(FIRST, code=code) for code in (1, 2)]


@pytest.fixture(params=["thread", "loop"])
def writer(request: pytest.FixtureRequest, database: Database) -> Iterator[RecordWriter | WriterOnALoop]:
    on_loop = request.param == "loop" and database.dialect == "postgresql"  # SQLite has one writer
    writer = WriterOnALoop(database) if on_loop else open_writer(database)
    yield writer
    writer.close()


def replayed(outcomes: list[object]) -> list[bool]:
    return [outcome.replayed for outcome in outcomes if isinstance(outcome, Receipt)]


def test_reused_message_id_stores_every_record(writer: RecordWriter, database: Database) -> None:
    assert replayed(writer.write([FIRST, *OTHERS])) == [False] * 3
    found = {stored.record.code: stored.record.remarks for stored in stored_records(database)}
    assert found == {0: (), 1: ("message_id_reused",), 2: ("message_id_reused",)}


def test_retries_under_reused_id_are_replayed(writer: RecordWriter, database: Database) -> None:
    for _ in range(2):
        for record in (FIRST, *OTHERS):
            writer.write([record])
    assert replayed(writer.write([FIRST, *OTHERS])) == [True] * 3
    assert len(stored_records(database)) == 3


def test_atomic_batch_survives_reused_message_id(database: Database) -> None:
    writer = open_writer(database)
    writer.write([FIRST])
    assert replayed(writer.write_atomically([OTHERS[0], replace(OTHERS[1], once_key=None)])) == [False, False]
    writer.close()
    assert len(stored_records(database)) == 3


def test_callers_own_key_is_still_judged(writer: RecordWriter, database: Database) -> None:
    mine = [replace(record, once_key="key:mine") for record in (FIRST, OTHERS[0])]
    writer.write(mine)
    assert len(stored_records(database)) == 1


def test_very_long_message_id_is_taken(shared_service: RunningService) -> None:
    block = f'<a:MessageID xmlns:a="http://www.w3.org/2005/08/addressing">{"x" * 3 * LONGEST_MESSAGE_ID}</a:MessageID>'
    body = RECORD.replace(b"<soapenv:Body>", f"<soapenv:Header>{block}</soapenv:Header><soapenv:Body>".encode())
    answers = [shared_service.post(body) for _ in range(2)]
    ids = {re.findall(rb"recordID>([^<]+)<", answer)[0] for _, answer in answers}
    assert ([status for status, _ in answers], len(ids)) == ([200, 200], 1)
