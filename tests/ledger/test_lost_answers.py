"""When the connection breaks around a commit, the answer is true: stored, not stored, or unknown."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.recording import WriterOnALoop, open_writer, stored_records
from tests.usage_records import record_of
from usage_service.database.database import Database, open_database
from usage_service.database.schema import upgrade_schema
from usage_service.errors import OutcomeUnknown, StoreUnavailable
from usage_service.ledger import loop_writing, writing
from usage_service.ledger.model import Outcome, Receipt
from usage_service.ledger.writing import RecordWriter

Writer = RecordWriter | WriterOnALoop


class Cutter:
    """A TCP proxy to the database that cuts a connection when told: before a statement, or before its answer."""

    def __init__(self, host: str, port: int) -> None:
        self.mode = "pass"  # pass, cut_request, cut_answer, silence
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for pair in self._pairs:
            _cut(pair)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                pair = (self._listener.accept()[0], socket.create_connection(self._target))
                self._pairs.append(pair)
                threading.Thread(target=self._pump, args=(pair, pair[0], pair[1], "cut_request"), daemon=True).start()
                threading.Thread(target=self._pump, args=(pair, pair[1], pair[0], "cut_answer"), daemon=True).start()

    def _pump(
        self, pair: tuple[socket.socket, socket.socket], source: socket.socket, sink: socket.socket, cut: str
    ) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if self.mode == cut:
                    self.mode = "pass"  # only this connection
                    break
                if self.mode != "silence":
                    sink.sendall(data)
        _cut(pair)


def _cut(pair: tuple[socket.socket, socket.socket]) -> None:
    for end in pair:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def cutter(postgresql_url: str) -> Iterator[Cutter]:
    url = make_url(postgresql_url)
    with closing(Cutter(url.host or "", url.port or 0)) as cutter:
        yield cutter


@pytest.fixture
def cut_off(cutter: Cutter, postgresql_url: str) -> Iterator[Database]:
    """The database as it is reached through the proxy."""
    url = make_url(postgresql_url).set(host="127.0.0.1", port=cutter.port)
    database = open_database(url.render_as_string(hide_password=False))
    upgrade_schema(database)
    yield database
    database.close()


@pytest.fixture(params=["loop", "thread"])
def writer(request: pytest.FixtureRequest, cut_off: Database) -> Iterator[Writer]:
    writer = WriterOnALoop(cut_off) if request.param == "loop" else open_writer(cut_off)
    writer.write([record_of()])
    yield writer
    writer.close()


def kinds(outcomes: Sequence[Outcome]) -> list[type]:
    return [type(outcome) for outcome in outcomes]


def test_cut_before_answer_is_stored(writer: Writer, cutter: Cutter, cut_off: Database) -> None:
    cutter.mode = "cut_answer"
    outcomes = writer.write([record_of(code=1), record_of(code=2)])
    assert kinds(outcomes) == [Receipt, Receipt]
    assert sorted(stored.record.code for stored in stored_records(cut_off)) == [0, 1, 2]


def test_cut_before_statement_is_not_stored(writer: Writer, cutter: Cutter, cut_off: Database) -> None:
    cutter.mode = "cut_request"
    assert kinds(writer.write([record_of(code=1)])) == [StoreUnavailable]
    assert kinds(writer.write([record_of(code=2)])) == [Receipt]
    assert sorted(stored.record.code for stored in stored_records(cut_off)) == [0, 2]


def test_key_sent_again_after_cut_is_replayed(writer: Writer, cutter: Cutter) -> None:
    record = record_of(once_key="key:1")
    cutter.mode = "cut_answer"
    [first], [second] = writer.write([record]), writer.write([record])
    assert isinstance(first, Receipt)
    assert second == Receipt(first.record_id, replayed=True)


def test_silent_network_is_unknown(cutter: Cutter, cut_off: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_writing, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(writing, "DOUBT_SECONDS", 0.5)
    with closing(WriterOnALoop(cut_off)) as writer:
        writer.write([record_of()])
        cutter.mode = "silence"
        assert kinds(writer.write([record_of(code=1)])) == [OutcomeUnknown]
        cutter.mode = "pass"


def test_server_that_ends_the_session_is_noticed(cut_off: Database, postgresql_url: str) -> None:
    with closing(WriterOnALoop(cut_off)) as writer, psycopg.connect(postgresql_url, autocommit=True) as other:
        for _ in range(5):
            assert kinds(writer.write([record_of()])) == [Receipt]
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'usage-service'"
            )
            assert kinds(writer.write([record_of()]))[0] in (Receipt, StoreUnavailable)
