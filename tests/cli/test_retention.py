"""`retention` as a DBA types it: said first, done when asked to, by the settings or the options."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.test_commands import run_here
from tests.running import RunningService
from tests.usage_records import record_of
from usage_service.database.database import open_database
from usage_service.database.schema import upgrade_schema
from usage_service.ledger.records import insert_records
from usage_service.record_ids import latest_possible_id


@pytest.fixture
def service(sqlite_url: str, tmp_path: Path) -> RunningService:
    """The settings of a database that holds a record of ten days ago; no service runs."""
    database = open_database(sqlite_url)
    upgrade_schema(database)
    then = datetime.now(UTC) - timedelta(days=10)
    with database.transaction() as connection:
        insert_records(connection, {latest_possible_id(then): record_of(record_time=then)}, "host", then)
    database.close()
    return RunningService(sqlite_url, tmp_path)


def stated(done, removed: str = "removed") -> dict[str, tuple[int, int]]:
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["what"]: (row[removed], row["kept_back"]) for row in rows}


def test_nothing_removed_without_apply_option(service: RunningService) -> None:
    wanted = ("retention", "--records", "9", "--open-periods", "--format", "json")
    assert stated(run_here(service, *wanted), "would_be_removed") == {"records": (1, 0)}
    assert len(service.records()) == 1
    assert stated(run_here(service, *wanted, "--apply")) == {"records": (1, 0)}
    assert service.records() == []


def test_settings_define_retention_periods(service: RunningService) -> None:
    service.settings = {"keep_records_days": "9", "keep_keys_days": "30", "keep_open_rejects_days": "365"}
    assert stated(run_here(service, "retention", "--format", "json"), "would_be_removed") == {
        "records": (0, 1),
        "keys": (0, 0),
        "open rejects": (0, 0),
    }


def test_without_days_everything_is_kept(service: RunningService) -> None:
    assert stated(run_here(service, "retention", "--apply", "--format", "json")) == {}
    assert len(service.records()) == 1


def test_days_that_are_none_are_refused(service: RunningService) -> None:
    service.settings = {"keep_keys_days": "-1"}
    assert run_here(service, "retention").returncode == 3
