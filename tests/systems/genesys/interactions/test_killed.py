"""The real command line, killed with SIGKILL over and over, into both databases."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.running import ROOT, RunningService, wait_until
from tests.systems.genesys.generator import AFTERWARDS, START, Story, banner, log_text, rotated
from tests.systems.genesys.support import calls_of, events_of
from tests.systems.genesys.test_follow import ROTATIONS, Server, by_number
from usage_service.database.database import Database
from usage_service.ledger.model import RecordFilter
from usage_service.ledger.records import Records
from usage_service.ledger.rejects import Rejects
from usage_service.record_ids import new_record_ids
from usage_service.settings import Settings
from usage_service.systems.genesys.event import CallEvent
from usage_service.systems.genesys.link import Policy
from usage_service.systems.genesys.settings import GenesysSettings
from usage_service.systems.genesys.store import log_position
from usage_service.systems.genesys.system import genesys_reading

from .support import digests, expected_records, recorded, stored_calls, wired


@pytest.fixture
def command_line(database: Database, database_url: str, tmp_path: Path) -> RunningService:
    """The command line on a fresh database of each kind, reading in small blocks."""
    settings = {"genesys.block_bytes": "600", "genesys.settle_seconds": "0.3"}
    return RunningService(database_url, tmp_path, settings)


def started(command_line: RunningService, *arguments: str) -> subprocess.Popen[bytes]:
    """A command in a process of its own."""
    with command_line.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "usage_service", *arguments],
            env=command_line.environment(),
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )


def kill_when_moved(process: subprocess.Popen[bytes], database: Database, log: str, moves: int) -> bool:
    """SIGKILL once the stored position has moved that often; False when the process ended before."""
    last = log_position(database, log)
    while moves and process.poll() is None:
        now = log_position(database, log)
        moves -= now != last
        last = now
        time.sleep(0.002)
    process.kill()
    return process.wait(30) == -signal.SIGKILL


def assert_everything_is_there_once(database: Database, events: list[CallEvent]) -> None:
    """The calls are those of the whole log, and each usage record is there once, uncorrected."""
    truth = calls_of(events).calls
    assert stored_calls(database, [key.call_uuid for key in truth]) == truth
    with wired(database, Settings()) as parts:
        parts.settler.settle(AFTERWARDS)
    current = Records(database).find(RecordFilter(current=True), limit=1_000_000)
    assert digests(stored.record for stored in current) == expected_records(events, AFTERWARDS, Policy())
    assert Rejects(database, issue_ids=new_record_ids).find() == []


def test_killed_load_neither_loses_nor_repeats(
    command_line: RunningService, database: Database, tmp_path: Path
) -> None:
    story = Story(Random(11))
    for size in (30, 10, 1, 1):
        story.interaction(size)
    paths = [tmp_path / f"log.{number}" for number in (3, 2, 1)]
    for path, piece in zip(paths, rotated(log_text(story, "Tserver1"), "Tserver1", [9_000, 20_000]), strict=True):
        path.write_bytes(piece)
    arguments = ("genesys", "load", *map(str, paths))
    kills = [kill_when_moved(started(command_line, *arguments), database, "Tserver1", moves) for moves in (1, 4, 8)]
    assert kills == [True] * 3
    command_line.run(*arguments)
    assert_everything_is_there_once(database, events_of(*paths))
    before = recorded(database)
    with wired(database, Settings()) as parts:
        assert parts.loader.load(paths, genesys_reading(GenesysSettings())).counts.bytes == 0
    assert recorded(database) == before


@pytest.fixture
def writing(tmp_path: Path) -> Iterator[tuple[Server, threading.Thread]]:
    """A server that writes its log, rotating it ten times, in a thread that is yet to be started."""
    server = Server(tmp_path / "t.log", by_number)
    ended = threading.Event()

    def write() -> None:
        while not ended.is_set() and server.write():
            time.sleep(0.02)

    thread = threading.Thread(target=write)
    yield server, thread
    ended.set()
    thread.join()


def test_killed_follower_survives_rotations_without_loss(
    command_line: RunningService, database: Database, writing: tuple[Server, threading.Thread]
) -> None:
    server, writer = writing
    log = str(server.path)
    follower = started(command_line, "genesys", "follow", log)
    wait_until(lambda: log_position(database, log) is not None, "the follower's first look")
    writer.start()
    for moves in (5, 25):
        assert kill_when_moved(follower, database, log, moves)
        follower = started(command_line, "genesys", "follow", log)
    last = log_position(database, log)
    wait_until(lambda: log_position(database, log) != last, "the last follower's first look")
    writer.join()
    follower.send_signal(signal.SIGTERM)
    assert follower.wait(30) == 0, command_line.log.read_text()[-2000:]
    command_line.run("genesys", "follow", "--once", log)
    assert server.rotations == ROTATIONS
    whole = server.path.with_name("whole")
    whole.write_bytes(banner("Tserver1", START).encode() + server.text)
    assert_everything_is_there_once(database, events_of(whole))
