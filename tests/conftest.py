"""Fixtures for every test: fresh databases of both kinds, and a running service. No test can reach a database that
it did not make: settings from the developer's environment are removed before anything runs."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings

from tests.running import PostgresqlServer, RunningService, running
from usage_service.database.database import Database, open_database
from usage_service.database.schema import upgrade_schema

settings.register_profile("quick", deadline=None, max_examples=100)
settings.register_profile("thorough", deadline=None, max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

_numbers = count()


@pytest.fixture(autouse=True, scope="session")
def _no_settings_of_the_developer(tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in [name for name in os.environ if name.startswith("USAGE_SERVICE_")]:
        del os.environ[name]
    os.chdir(tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """One PostgreSQL server for the session (for each worker of it)."""
    with TemporaryDirectory(prefix="usage-service-") as folder:  # not pytest's: those are closed to other users
        Path(folder).chmod(0o755)
        server = PostgresqlServer(Path(folder) / "server")
        server.initialise()
        server.start()
        yield server
        server.stop()


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database."""
    name = f"test_{next(_numbers)}"
    yield postgresql_server.create_database(name)
    postgresql_server.drop_database(name)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a fresh SQLite file."""
    return f"sqlite:///{tmp_path}/usage.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh database, once of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def empty_database(database_url: str) -> Iterator[Database]:
    """A fresh database of each kind, without tables."""
    database = open_database(database_url)
    yield database
    database.close()


@pytest.fixture
def database(empty_database: Database) -> Database:
    """A fresh database of each kind, with the current schema."""
    upgrade_schema(empty_database)
    return empty_database


@pytest.fixture(scope="session")
def shared_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """One running service on SQLite for all tests that only add records to it."""
    folder = tmp_path_factory.mktemp("service")
    with running(RunningService(f"sqlite:///{folder}/usage.db", folder)) as service:
        yield service


@pytest.fixture
def service(tmp_path: Path, database_url: str) -> Iterator[RunningService]:
    """A running service of its own, once on each kind of database."""
    with running(RunningService(database_url, tmp_path)) as service:
        yield service
