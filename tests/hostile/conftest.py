"""The running service, watched: what it stored, which workers it has, and whether it still works."""

from collections.abc import Iterator

import pytest

from tests.hostile.answers import outcome
from tests.hostile.corpus import Case, plain_record, plain_request
from tests.hostile.ledger import Ledger, Service
from tests.hostile.wire import ask

GOOD = Case(
    name="good",
    why="nothing",
    answers=("stored",),
    body=plain_request(),
    record=plain_record(),
    headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'},
)


@pytest.fixture(scope="module")
def shared_ledger(service: Service) -> Ledger:
    return Ledger(service)


@pytest.fixture
def ledger(shared_ledger: Ledger) -> Ledger:
    """The ledger, with everything that earlier tests stored already seen."""
    shared_ledger.news()
    return shared_ledger


@pytest.fixture
def unharmed(service: Service, ledger: Ledger) -> Iterator[None]:
    """After the test the same workers are there, and a good request is stored as ever."""
    workers = service.worker_pids()
    assert workers
    yield
    ledger.news()
    assert outcome(ask(service, GOOD)) == "stored"
    assert ledger.news() == [GOOD.record]
    assert service.worker_pids() == workers
