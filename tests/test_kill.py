"""`kill -9` under load, of one worker and of the whole service: what was acknowledged is there, once and whole, and
nothing is there by halves. Twenty rounds on each database."""

import http.client
import itertools
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from lxml import etree
from sqlalchemy import text

from tests.running import RunningService, running, wait_until
from tests.soap.envelopes import request_of
from usage_service.database.database import Database, open_database

CLIENTS = 6
WHOLE_SERVICE_EVERY = 5
ROUNDS = 20


@dataclass
class Load:
    """Clients that write records with keep-alive connections, and remember what was acknowledged."""

    service: RunningService
    acknowledged: dict[str, str] = field(default_factory=dict)  # record id → transaction id
    sent: int = 0
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def client(self) -> None:
        """One client: on a broken connection it opens another and goes on with the next record."""
        while not self._stopped.is_set():
            connection = http.client.HTTPConnection(self.service.host, self.service.port, timeout=30)
            with suppress(OSError, http.client.HTTPException):
                while not self._stopped.is_set():
                    self._write(connection)
            connection.close()
            time.sleep(0.01)

    def _write(self, connection: http.client.HTTPConnection) -> None:
        number = next(self._numbers)
        self.sent += 1
        connection.request("POST", "/soap/usage-record", body_of(number), {"Content-Type": "text/xml"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status == 200:
            record_id = etree.fromstring(body).findtext(".//{*}recordID")
            assert record_id
            self.acknowledged[record_id] = str(number)

    def stop(self) -> None:
        self._stopped.set()


def properties_of(number: int) -> list[tuple[str, str]]:
    """From none to seven properties, stated by the record's number alone."""
    return [("NUMBER", f"{number}:{place}") for place in range(number % 8)]


def body_of(number: int) -> bytes:
    return request_of(*properties_of(number), globalTransactionID=str(number)).encode()


def kill_again_and_again(service: RunningService, load: Load) -> None:
    for round_number in range(1, ROUNDS + 1):
        before = len(load.acknowledged)
        wait_until(lambda before=before: len(load.acknowledged) > before + 25, "load")
        if round_number % WHOLE_SERVICE_EVERY:
            workers = service.worker_pids()
            service.replace_worker(workers[round_number % len(workers)])
        else:
            service.kill()
            service.start(again=True)


@pytest.fixture
def killed(tmp_path, database_url) -> Iterator[tuple[Load, Database]]:
    """The service after all rounds, with what its clients remember."""
    with running(RunningService(database_url, tmp_path)) as service:
        load = Load(service)
        with ThreadPoolExecutor(CLIENTS) as clients:
            futures = [clients.submit(load.client) for _ in range(CLIENTS)]
            try:
                kill_again_and_again(service, load)
            finally:
                load.stop()
        for future in futures:
            future.result()
        database = open_database(database_url)
        yield load, database
        database.close()


def test_acknowledged_records_stored_once_and_whole(killed):
    load, database = killed
    assert len(load.acknowledged) >= ROUNDS * 25
    stored: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    with database.connect() as connection:
        for row in connection.execute(text("SELECT record_id, global_transaction_id FROM usage_record")):
            stored[str(row.record_id)] = row.global_transaction_id, []
        orphans = 0
        for row in connection.execute(text("SELECT * FROM usage_property ORDER BY record_id, position")):
            if str(row.record_id) in stored:
                stored[str(row.record_id)][1].append((row.name, row.value))
            else:
                orphans += 1

    assert orphans == 0
    lost = {record_id: number for record_id, number in load.acknowledged.items() if stored[record_id][0] != number}
    assert lost == {}
    assert [number for number, pairs in stored.values() if pairs != properties_of(int(number))] == []
    numbers = [number for number, _ in stored.values()]
    assert len(set(numbers)) == len(numbers), "a record that was sent once is there twice"
    assert len(numbers) <= load.sent
