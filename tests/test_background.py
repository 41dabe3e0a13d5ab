"""A process beside the workers: started again when it dies, ended in order, never left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.running import ROOT, wait_until
from usage_service.background import BackgroundProcess, work_until_stopped

ORPHAN = """
import time
from tests.test_background import BackgroundProcess, work
BackgroundProcess(work).start()
time.sleep(600)
"""


@contextmanager
def at_work() -> Iterator[None]:
    """Leaves a file named after the process, and `done` in it at the end."""
    file = Path(os.environ["PROCESS_FOLDER"]) / str(os.getpid())
    file.touch()
    yield
    file.write_text("done")


def work() -> None:
    work_until_stopped(at_work())


def started(folder: Path, number: int) -> int:
    """The process id of the process that started as the `number`th."""
    wait_until(lambda: len(list(folder.iterdir())) == number, "a start")
    return int(max(folder.iterdir(), key=lambda path: path.stat().st_ctime_ns).name)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROCESS_FOLDER", str(tmp_path))
    return tmp_path


def test_dead_process_starts_again(folder: Path) -> None:
    process = BackgroundProcess(work)
    process.start()
    first = started(folder, 1)
    process.keep_alive()
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: process.keep_alive() or len(list(folder.iterdir())) == 2, "the second start")
    second = started(folder, 2)
    os.kill(second, signal.SIGINT)  # a terminal sends it to every process; the parent decides
    process.stop()
    assert {file.name: file.read_text() for file in folder.iterdir()} == {str(first): "", str(second): "done"}


def test_process_ends_with_its_parent(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ORPHAN], cwd=ROOT) as parent:
        orphan = started(folder, 1)
        parent.kill()
    wait_until(lambda: (folder / str(orphan)).read_text() == "done", "the orphan's end")
