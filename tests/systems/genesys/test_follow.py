import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from usage_service.systems.genesys.event import CallEvent
from usage_service.systems.genesys.follow import Batch, follow, segments
from usage_service.systems.genesys.position import Position
from usage_service.systems.genesys.scanner import Settings

from .generator import START, Story, banner, log_text

ROTATIONS = 10
Rotate = Callable[[Path, int], None]


def by_number(path: Path, rotation: int) -> None:
    """`log` becomes `log.1`, `log.1` becomes `log.2`, …"""
    for number in range(rotation, 0, -1):
        path.with_name(f"{path.name}.{number}").rename(path.with_name(f"{path.name}.{number + 1}"))
    path.rename(path.with_name(f"{path.name}.1"))


def by_time(path: Path, rotation: int) -> None:
    """`t.log` becomes `t.20260301_000003.log`."""
    path.rename(path.with_name(f"{path.stem}.20260301_0000{rotation:02}{path.suffix}"))


def by_copy(path: Path, rotation: int) -> None:
    """`log` is copied to `log.1`, then truncated."""
    for number in range(rotation, 0, -1):
        path.with_name(f"{path.name}.{number}").rename(path.with_name(f"{path.name}.{number + 1}"))
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    with path.open("r+b") as log:
        log.truncate()


class Server:
    """Writes a log in small pieces and rotates it, cutting messages and lines."""

    def __init__(self, path: Path, rotate: Rotate) -> None:
        self.path, self.rotate = path, rotate
        story = Story(Random(5))
        for size in (50, 50, 30):
            story.interaction(size)
        self.stated = [(stated.call_uuid, stated.sequence) for stated in story.stated["Tserver1"]]
        self.text = log_text(story, "Tserver1") + b"@00:00:00.0000 [0] 8 stop\n"
        self.rotations, self.written = 0, 0
        self._head()

    def write(self) -> bool:
        """Write on; False when everything is written."""
        piece = self.text[self.written : self.written + 333]
        self.written += len(piece)
        with self.path.open("ab") as log:
            log.write(piece)
        if self.rotations < ROTATIONS and self.written > (self.rotations + 1) * len(self.text) // (ROTATIONS + 1):
            self.rotate(self.path, self.rotations)
            self.rotations += 1
            self._head()
        return bool(piece)

    def _head(self) -> None:
        with self.path.open("ab") as log:
            log.write(banner("Tserver1", START).replace("host", f"host{self.rotations}").encode())


def keys(events: list[CallEvent]) -> list[tuple[str, int]]:
    return [(event.call_uuid, event.rank.number) for event in events]


@pytest.fixture(params=[by_number, by_time, by_copy])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Server:
    return Server(tmp_path / "t.log", request.param)


def test_rotations_between_reads_lose_and_duplicate_nothing(server: Server) -> None:
    batches = list(follow(server.path, Settings(), server.write, block=1000))
    assert server.rotations == ROTATIONS
    assert keys([event for batch in batches for event in batch.events]) == server.stated
    assert not any(batch.rejected for batch in batches)


def test_rotations_during_reads_lose_and_duplicate_nothing(server: Server) -> None:
    writer = threading.Thread(target=lambda: [None for _ in iter(server.write, False)])
    over: list[bool] = []

    def idle() -> bool:
        """Start the writer at the first look; stop at the second look after its end."""
        if not writer.ident:
            writer.start()
            return True
        over.append(not writer.is_alive())
        return over[-2:] != [True, True]

    batches = list(follow(server.path, Settings(), idle, block=500))
    assert server.rotations == ROTATIONS
    assert keys([event for batch in batches for event in batch.events]) == server.stated


def test_stopped_follower_resumes_at_exact_position(server: Server) -> None:
    events: list[CallEvent] = []
    position: Position | None = None
    random = Random(1)
    while server.written < len(server.text) or position is None:
        for batch in take(server, position, random.randint(1, 60)):
            events += batch.events
            position = Position.from_json(batch.position.to_json())
        for _ in range(random.randint(0, 30)):
            server.write()
    events += [event for batch in follow(server.path, Settings(), lambda: False, position) for event in batch.events]
    assert keys(events) == server.stated


def take(server: Server, position: Position | None, count: int) -> list[Batch]:
    following = follow(server.path, Settings(), server.write, position, block=400)
    taken = [batch for batch, _ in zip(following, range(count), strict=False)]
    following.close()
    return taken


def test_truncated_file_without_copy_is_reported(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(banner("Tserver1", START).encode() + b"@00:00:00.0000 [0] 8 a line of some length\n")
    steps = iter([lambda: log.write_bytes(b"@short\n"), lambda: 0])

    def idle() -> bool:
        step = next(steps, None)
        return step is not None and step() is not None

    rejected = [one for batch in follow(log, Settings(), idle) for one in batch.rejected]
    assert [one.reason.split(":")[0] for one in rejected] == ["the file was truncated and no copy was found"]


def test_position_in_missing_file_is_reported(tmp_path: Path) -> None:
    server = Server(tmp_path / "t.log", by_number)
    *_, last = follow(server.path, Settings(), lambda: False)
    server.path.unlink()
    again = Server(tmp_path / "t.log", by_number)
    again.path.write_bytes(b"@other\n" + again.text)
    batches = list(follow(server.path, Settings(), lambda: False, last.position))
    assert [one.reason.split(":")[0] for batch in batches for one in batch.rejected] == ["the file is gone"]
    assert keys([event for batch in batches for event in batch.events]) == again.stated


def test_follower_waits_for_log_to_appear(tmp_path: Path) -> None:
    looks = iter([True, True, False])
    assert list(follow(tmp_path / "log", Settings(), lambda: next(looks))) == []


def test_segments_ordered_by_age_skip_compressed(tmp_path: Path) -> None:
    for name in (
        "t.log",
        "t.log.1",
        "t.log.2",
        "t.log.10",
        "t.20260301_000000_001.log",
        "t.log.3.gz",
        "other.log",
    ):
        (tmp_path / name).touch()
    assert [path.name for path, _ in segments(tmp_path / "t.log")] == [
        "t.20260301_000000_001.log",
        "t.log.10",
        "t.log.2",
        "t.log.1",
        "t.log",
    ]
