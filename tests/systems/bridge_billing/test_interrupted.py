"""Killed in the middle and started again: the same result as if nothing had happened."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.running import RunningService, wait_until
from tests.systems.bridge_billing.kept import enrol, opened_books
from usage_service.database.database import Database, open_database
from usage_service.database.schema import upgrade_schema
from usage_service.errors import UsageServiceError

LINES = 9_000
USERS = ("0012345", "777", "999")


def write_cdrs(path: Path) -> None:
    """A month of lines; every third belongs to no account, one is broken."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["Client ID", "Date", "Amount"])
        for number in range(LINES):
            rows.writerow([USERS[number % 3], f"2012-10-{2 + number % 28:02d}", f"{number}.0005"])
        rows.writerow(["777", "some day", "1.00"])


def count(database: Database, table: str) -> int:
    with database.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def start_and_kill(command: list[str], service: RunningService, database: Database, table: str, rows: int) -> None:
    """Run the command and `kill -9` it as soon as a table has that many rows."""
    process = subprocess.Popen(command, env=service.environment(), cwd=service.folder)

    def reached() -> bool:
        assert process.poll() is None, "it was over before it could be killed"
        try:
            return count(database, table) >= rows
        except UsageServiceError:
            return False

    try:
        wait_until(reached, f"{rows} rows of {table}")
    finally:
        process.kill()
        process.wait()


def test_import_killed_twice_gives_same_result(
    database_url: str, database: Database, tmp_path: Path, undisturbed_bill: str
) -> None:
    write_cdrs(tmp_path / "cdr.csv")
    with opened_books(database) as books:
        enrol(books)
    service = RunningService(database_url, tmp_path)
    arguments = ["billing", "import", "cdr.csv", "--period", "2012-10"]
    command = [sys.executable, "-m", "usage_service", *arguments]
    start_and_kill(command, service, database, "cdr_line", 2_000)
    assert count(database, "import_file") == 0
    start_and_kill(command, service, database, "usage_record", 1_500)
    service.run(*arguments)
    assert (count(database, "cdr_line"), count(database, "cdr_reject")) == (LINES, 1)
    assert count(database, "usage_record") == count(database, "usage_current") == LINES * 2 // 3
    assert count(database, "cdr_posting") == LINES * 2 // 3
    assert bill_of(service) == undisturbed_bill


def bill_of(service: RunningService) -> str:
    return service.run("billing", "report", "2012-10", "--format", "csv").stdout


@pytest.fixture(scope="module")
def undisturbed_bill(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same import, left alone, on another database."""
    folder = tmp_path_factory.mktemp("undisturbed")
    write_cdrs(folder / "cdr.csv")
    service = RunningService(f"sqlite:///{folder}/usage.db", folder)
    database = open_database(service.database)
    upgrade_schema(database)
    with opened_books(database) as books:
        enrol(books)
    database.close()
    service.run("billing", "import", "cdr.csv", "--period", "2012-10")
    return bill_of(service)
