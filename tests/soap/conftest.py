"""A running service for the tests of the Usage Ledger, once on each kind of database; and a Spyne that is silent.

Spyne logs what callers send, with traces; the service silences it, and so do its tests.
"""

import logging
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import zeep
from zeep.transports import Transport

from tests.running import PostgresqlServer, RunningService, running

_numbers = count(1)


@pytest.fixture(autouse=True, scope="session")
def _spyne_is_silent() -> None:
    logging.getLogger("spyne").setLevel(logging.CRITICAL + 1)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def ledger_service(
    request: pytest.FixtureRequest, postgresql_server: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningService]:
    """A running service that the tests of a session share: each uses names of its own."""
    folder: Path = tmp_path_factory.mktemp("ledger")
    if request.param == "sqlite":
        url = f"sqlite:///{folder}/usage.db"
    else:
        url = postgresql_server.create_database(f"ledger_{next(_numbers)}")
    with running(RunningService(url, folder, {"once_by_content": '["ONCE_BY_CONTENT"]'})) as service:
        yield service


@pytest.fixture(scope="session")
def ledger(ledger_service: RunningService) -> Any:
    """The operations of the Usage Ledger, called with Zeep from the contract as it is served."""
    transport = Transport(timeout=30, operation_timeout=30)
    return zeep.Client(f"{ledger_service.url}/soap/usage-ledger?wsdl", transport=transport).service


@pytest.fixture
def name() -> str:
    """A name that no other test uses, for services, sources and keys."""
    return f"SERVICE_{next(_numbers)}"
