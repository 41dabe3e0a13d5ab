"""The running service, watched: what it stored, which workers it has, and whether it still works.

One service for each kind of database serves the whole corpus; SQLite's also takes the attacks on HTTP.
"""

from collections.abc import Iterator

import pytest

from tests.hostile.answers import outcome
from tests.hostile.corpus import Case, plain_record, plain_request
from tests.hostile.ledger import Ledger
from tests.hostile.wire import ask
from tests.running import PostgresqlServer, RunningService, running
from usage_service.database.database import open_database

GOOD = Case(
    name="good",
    why="nothing",
    answers=("stored",),
    body=plain_request(),
    record=plain_record(),
    headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'},
)


@pytest.fixture(scope="session")
def service(shared_service: RunningService) -> RunningService:
    """The service on SQLite."""
    return shared_service


@pytest.fixture(scope="session")
def postgresql_service(
    postgresql_server: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningService]:
    """The service on PostgreSQL."""
    url = postgresql_server.create_database("hostile")
    with running(RunningService(url, tmp_path_factory.mktemp("hostile"))) as service:
        yield service


@pytest.fixture(scope="session")
def sqlite_ledger(service: RunningService) -> Iterator[Ledger]:
    yield from _opened_ledger(service)


@pytest.fixture(scope="session")
def postgresql_ledger(postgresql_service: RunningService) -> Iterator[Ledger]:
    yield from _opened_ledger(postgresql_service)


def _opened_ledger(service: RunningService) -> Iterator[Ledger]:
    database = open_database(service.database)
    yield Ledger(database)
    database.close()


@pytest.fixture
def ledger(sqlite_ledger: Ledger) -> Ledger:
    """SQLite's ledger, with everything that earlier tests stored already seen."""
    sqlite_ledger.news()
    return sqlite_ledger


@pytest.fixture
def unharmed(service: RunningService, ledger: Ledger) -> Iterator[None]:
    """After the test the same workers are there, and a good request is stored as ever."""
    workers = service.worker_pids()
    assert workers
    yield
    ledger.news()
    assert outcome(ask(service, GOOD)) == "stored"
    assert ledger.news() == [GOOD.record]
    assert service.worker_pids() == workers
