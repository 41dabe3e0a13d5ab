"""The receiver while the database is down: 503 and nothing else, and all goes on by itself when it is back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.running import PostgresqlServer, RunningService, running, wait_until
from tests.systems.pexip.service.driving import Poster, described
from tests.systems.pexip.service.test_recovery import ONE_WORKER
from tests.systems.pexip.service.test_work import gone
from tests.systems.pexip.service.working import MARCH
from usage_service.cli.parsing import calendar_period
from usage_service.database.database import open_database
from usage_service.systems.pexip.reports import PexipReports


@pytest.fixture
def stoppable(postgresql_server: PostgresqlServer) -> Iterator[PostgresqlServer]:
    """The server; running again afterwards, whatever the test did."""
    yield postgresql_server
    if not postgresql_server.is_running():
        postgresql_server.start()


def test_database_outage_asks_retry_without_loss(
    tmp_path: Path, postgresql_url: str, stoppable: PostgresqlServer
) -> None:
    with running(RunningService(postgresql_url, tmp_path, described(tmp_path) | ONE_WORKER)) as service:
        post = Poster(service)
        post(gone("before"))
        stoppable.stop()
        for body in (gone("while down", 2), b"not even JSON"):
            answer = requests.post(f"{service.url}/pexip/event-sink/main", data=body, timeout=30)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        stoppable.start()
        post(gone("while down", 2))
        post(gone("after", 3))
        wait_until(lambda: legs(postgresql_url) == 3, "the records")


def legs(url: str) -> int:
    database = open_database(url)
    try:
        return sum(row["legs"] for row in PexipReports(database).usage("location", *calendar_period(MARCH)))
    finally:
        database.close()
