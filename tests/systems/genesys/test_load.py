import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from usage_service.errors import ConfigurationError
from usage_service.systems.genesys.follow import load
from usage_service.systems.genesys.position import Position
from usage_service.systems.genesys.scanner import Settings

from .generator import Story, log_text, rotated
from .support import LINKS, events_of

ROOT = Path(__file__).parents[3]


@pytest.fixture
def story() -> Story:
    stated = Story(Random(11))
    stated.interaction(12)
    return stated


@pytest.fixture
def files(story: Story, tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"log.{number}" for number in (3, 2, 1)]
    pieces = rotated(log_text(story, "Tserver1"), "Tserver1", [2000, 4100])
    for path, piece in zip(paths, pieces, strict=True):
        path.write_bytes(piece)
    return paths


def told_by(story: Story) -> list[list[object]]:
    return [[stated.call_uuid, stated.sequence] for stated in story.stated["Tserver1"]]


def test_killed_load_neither_loses_nor_repeats(story: Story, files: list[Path], tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    command = [sys.executable, "-m", "tests.systems.genesys.killed_loader", str(state)]
    kills = 0
    while subprocess.run([*command, "2", *map(str, files)], cwd=ROOT, check=False).returncode == -signal.SIGKILL:
        kills += 1
    assert kills >= 2
    assert json.loads(state.read_text())["events"] == told_by(story)


def test_load_resumes_exactly_after_any_batch(files: list[Path]) -> None:
    batches = list(load(files, Settings(), block=500))
    whole = [event for batch in batches for event in batch.events]
    for number, batch in enumerate(batches[:-1]):
        before = [event for early in batches[: number + 1] for event in early.events]
        position = Position.from_json(batch.position.to_json())
        after = [event for late in load(files, Settings(), position, block=900) for event in late.events]
        assert before + after == whole


def test_load_finds_position_in_renamed_file(files: list[Path]) -> None:
    batches = list(load(files, Settings(), block=500))
    moved = [path.rename(path.with_name(f"old-{path.name}")) for path in files]
    middle = len(batches) // 2
    before = sum(len(batch.events) for batch in batches[:middle])
    after = sum(len(batch.events) for batch in load(moved, Settings(), batches[middle - 1].position))
    assert before + after == len([event for batch in batches for event in batch.events])


def test_later_load_continues_with_new_files(story: Story, files: list[Path]) -> None:
    *_, finished = load(files[:2], Settings())
    before = {event.rank for event in events_of(*files[:2])}
    after = {event.rank for batch in load(files[2:], Settings(), finished.position) for event in batch.events}
    assert len(before | after) == len(told_by(story))


def test_finishing_keeps_position_before_open_message(tmp_path: Path) -> None:
    log = tmp_path / "log"
    text = LINKS.read_bytes()
    log.write_bytes(text[:-60])
    *_, finished = load([log], Settings())
    assert not finished.events[-1].links_complete
    log.write_bytes(text)
    again = [event for batch in load([log], Settings(), finished.position) for event in batch.events]
    assert again == [replace(events_of(LINKS)[-1], place=again[0].place)]


def test_invalid_stored_position_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="stored log position"):
        Position.from_json('{"file": 1}')
