"""What an operator has to know before it is too late: sinks that stopped, nodes that fell silent, a full history."""

import json
import logging
from datetime import timedelta
from pathlib import Path

import pytest

from demos.pexip_standin.script import NODES, Author
from tests.running import RunningService, wait_until
from tests.systems.pexip.service.driving import described, management
from tests.systems.pexip.service.test_people import better_data, voided_by_anna
from tests.systems.pexip.service.test_work import perfect
from tests.systems.pexip.service.working import working
from usage_service.database.database import Database, open_database
from usage_service.database.schema import upgrade_schema
from usage_service.systems.pexip import worker as worker_module
from usage_service.systems.pexip.store import PexipInbox, Posted
from usage_service.systems.pexip.worker import Worker

SCRIPT = Author(3).script(4)
ALARM = "alarm eventsink_maximum_backoff on node 10.44.0.11"
REQUESTS_OF_A_RUN = 4
HORIZON = "the platform keeps 9004 of at most 10000 conferences"


def test_reconciliation_warns_of_sinks_nodes_history(tmp_path: Path, sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    upgrade_schema(database)
    PexipInbox(database).store([Posted("main", None, body) for body in perfect(SCRIPT)])
    database.close()
    with management(SCRIPT) as (url, manager):
        manager.alarms, manager.older = ["eventsink_maximum_backoff", "licenses_exhausted"], 9_000
        service = RunningService(sqlite_url, tmp_path, described(tmp_path, url))
        warnings = json.loads(service.run("pexip", "reconcile").stdout)["warnings"]
    assert warnings[0].startswith(HORIZON)
    assert warnings[1] == ALARM
    silent = [f"node main/{node} has been silent since 2026-03-02" for node in NODES]
    assert [warning[: len(silent[0])] for warning in warnings[2:]] == silent


def test_worker_logs_lasting_warning_only_once(
    database: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "LOOK_SECONDS", 0.0)
    with management(SCRIPT) as (url, manager), working(database, url) as bench:
        manager.alarms = ["eventsink_maximum_posts"]
        worker = Worker(bench.work, database, timedelta(microseconds=1))
        with caplog.at_level(logging.WARNING):
            worker.start()
            wait_until(lambda: manager.requests > 3 * REQUESTS_OF_A_RUN, "three runs")
            worker.stop()
    assert [record.getMessage() for record in caplog.records] == [
        "pexip: alarm eventsink_maximum_posts on node 10.44.0.11"
    ]


def test_status_names_silent_nodes_and_rejections(tmp_path: Path, sqlite_url: str) -> None:
    service = RunningService(sqlite_url, tmp_path, described(tmp_path))
    file = tmp_path / "pexip.toml"
    file.write_text(f"silence_minutes = 0\n{file.read_text()}")
    database = open_database(sqlite_url)
    upgrade_schema(database)
    with working(database) as bench:
        voided_by_anna(bench)
        better_data(bench, 90)
    database.close()
    status = json.loads(service.run("pexip", "status").stdout)
    assert status["silent_nodes"] == ["main/n1"]
    assert [refusal["refused"] for refusal in status["refusals"]] == ["anna changed it; now: durationSeconds, endTime"]
