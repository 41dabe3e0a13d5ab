"""What a person mistypes is answered by one line that says what to type: the golden file data/mistakes.txt."""

import shlex
from pathlib import Path

import pytest

from tests.cli.test_commands import run_here
from tests.running import RunningService
from usage_service.database.database import open_database
from usage_service.database.schema import upgrade_schema

GOLDEN = Path(__file__).parent / "data" / "mistakes.txt"
"""For every mistake the command line, what is printed, and the exit code, as in a terminal."""

MISTAKES = [
    entry.splitlines() for entry in GOLDEN.read_text(encoding="utf-8").strip().split("\n\n") if entry.startswith("$ ")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands are typed."""
    made = tmp_path_factory.mktemp("mistakes")
    (made / "folder").mkdir()
    (made / "broken.toml").write_text("port = \n")
    (made / "text.txt").write_text("not a database, and longer than its header")
    newer = open_database(f"sqlite:///{made}/newer.db")
    upgrade_schema(newer)
    with newer.transaction() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    newer.close()
    return made


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake[0])
def test_a_mistake_is_answered_as_recorded(folder: Path, monkeypatch: pytest.MonkeyPatch, mistake: list[str]) -> None:
    monkeypatch.chdir(folder)
    typed, said, code = mistake
    service = RunningService("sqlite:///usage.db", folder)
    done = run_here(service, *shlex.split(typed)[2:])
    assert [f"exit {done.returncode}", done.stderr, done.stdout] == [code, f"{said}\n", ""]
