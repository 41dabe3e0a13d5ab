"""Draining: oldest first, once each, nothing deleted before it is acknowledged."""

import json
import threading
from pathlib import Path

from tests.client.points import line
from usage_service.backoff import Backoff
from usage_service.client.circuit import Circuit
from usage_service.client.draining import REFUSED, Drainer
from usage_service.client.spool import Spool
from usage_service.client.spool_line import SpooledRecord
from usage_service.client.spool_reading import export
from usage_service.client.spool_segment import Segment, only_drainer, segments
from usage_service.errors import InvalidValue, StoreUnavailable, UsageServiceError

QUICK = Backoff(first=0.001, longest=0.002)


class Server:
    """Takes records, and fails as it shall."""

    def __init__(self, *failures: UsageServiceError | None) -> None:
        self.failures = list(failures)
        self.keys: list[str] = []

    def __call__(self, spooled: SpooledRecord) -> None:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.keys.append(spooled.once_key)


def filled(folder: Path, count: int, segment_bytes: int = 10_000) -> None:
    spool = Spool(folder, segment_bytes=segment_bytes)
    for number in range(count):
        spool.append(line(number))
    spool.close()


def drainer(folder: Path, server: Server, alarms: list[str] | None = None) -> Drainer:
    stated = [] if alarms is None else alarms
    return Drainer(
        folder,
        server,
        per_second=1e9,
        circuit=Circuit(backoff=QUICK),
        on_alarm=lambda name, _error: stated.append(name),
    )


def test_all_sent_in_order_then_deleted(tmp_path: Path) -> None:
    filled(tmp_path, 7, segment_bytes=2 * len(line()))
    server = Server()
    assert drainer(tmp_path, server).drain() == 7
    assert server.keys == [f"k{number}" for number in range(7)]
    assert segments(tmp_path) == []


def test_unavailable_server_awaited_and_reported_once(tmp_path: Path) -> None:
    filled(tmp_path, 2)
    server, alarms = Server(*[StoreUnavailable("away")] * 10), list[str]()
    assert drainer(tmp_path, server, alarms).drain() == 2
    assert server.keys == ["k0", "k1"]
    assert alarms == ["server_away"]


def test_rejected_record_kept_without_blocking_others(tmp_path: Path) -> None:
    filled(tmp_path, 3)
    server = Server(None, InvalidValue("code", "is odd"))
    assert drainer(tmp_path, server).drain() == 3
    assert server.keys == ["k0", "k2"]
    kept = json.loads((tmp_path / REFUSED).read_text())
    assert kept["reason"] == "invalid value for code: is odd"
    assert kept["line"].encode() == line(1)


def test_damaged_and_unfinished_lines_are_kept(tmp_path: Path) -> None:
    segment = tmp_path / "00000000000000000001-0.jsonl"
    segment.write_bytes(line(1).replace(b"c1", b"cX") + line(2) + line(3)[:30])
    server = Server()
    drainer(tmp_path, server).drain()
    assert server.keys == ["k2"]
    reasons = [json.loads(kept)["reason"] for kept in (tmp_path / REFUSED).read_text().splitlines()]
    assert reasons == ["the request could not be read: the line's checksum does not fit", "the line was never finished"]


def test_unacknowledged_records_survive_stop(tmp_path: Path) -> None:
    filled(tmp_path, 3)
    stop = threading.Event()

    def send_one(spooled: SpooledRecord) -> None:
        stop.set()

    assert Drainer(tmp_path, send_one).drain(stop) == 1
    assert list(export(tmp_path)) == [line(1), line(2)]


def test_segment_in_use_is_not_deleted(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(line(1))
    drainer(tmp_path, Server()).drain()
    assert len(segments(tmp_path)) == 1
    spool.append(line(2))
    server = Server()
    drainer(tmp_path, server).drain()
    assert server.keys == ["k2"]


def test_only_one_drains_at_a_time(tmp_path: Path) -> None:
    filled(tmp_path, 1)
    server = Server()
    with only_drainer(tmp_path) as ours:
        assert ours
        assert drainer(tmp_path, server).drain() == 0
    assert drainer(tmp_path, server).drain() == 1


def test_lost_position_causes_resending(tmp_path: Path) -> None:
    filled(tmp_path, 2)
    (path,) = segments(tmp_path)
    segment = Segment(path)
    segment.advance(line(0))
    path.with_suffix(".sent").write_bytes(b"")
    server = Server()
    drainer(tmp_path, server).drain()
    assert server.keys == ["k0", "k1"]
