"""Recording points against the running service: required, spooled, crashed, and while the service is away."""

import itertools
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from demos.ports import reserved_port
from tests.client.points import NOON
from tests.running import ROOT, RunningService, running, wait_until
from usage_service.backoff import Backoff
from usage_service.client import FailPolicies, FailPolicy, Spool, UsageRecorder
from usage_service.client.circuit import Circuit
from usage_service.client.draining import REFUSED
from usage_service.client.spool_segment import waiting_bytes
from usage_service.errors import StoreUnavailable

START = {"service": "PX21_CN_IMS", "event_type": "StartCallNotification"}
QUICK = Backoff(first=0.01, longest=0.05)
BLOCK = FailPolicies(default=FailPolicy.BLOCK)


@pytest.fixture
def local_service(tmp_path: Path, sqlite_url: str) -> Iterator[RunningService]:
    with running(RunningService(sqlite_url, tmp_path)) as service:
        yield service


def transactions(service: RunningService) -> list[str]:
    return [record["global_transaction_id"] for record in service.records()]


def test_required_record_stored_when_record_returns(shared_service: RunningService) -> None:
    record_id = UsageRecorder(shared_service.endpoint).record(**START, properties={"CORRELATOR": "c1"})
    assert record_id in [record["record_id"] for record in shared_service.records()]


def test_repeated_key_returns_same_record(shared_service: RunningService) -> None:
    recorder = UsageRecorder(shared_service.endpoint)
    ids = {
        recorder.record(**START, global_transaction_id="twice", record_time=NOON, once_key="k-twice") for _ in range(2)
    }
    assert len(ids) == 1
    assert transactions(shared_service).count("twice") == 1


def test_required_record_fails_fast_when_unavailable(tmp_path: Path) -> None:
    recorder = UsageRecorder(f"http://127.0.0.1:{reserved_port()}/", spool=Spool(tmp_path), policies=BLOCK)
    with pytest.raises(StoreUnavailable):
        recorder.record(**START)
    assert waiting_bytes(tmp_path) == 0


def test_recording_point_writes_time_outcome_properties(shared_service: RunningService) -> None:
    recorder = UsageRecorder(shared_service.endpoint)
    with recorder.recording_point(**START, global_transaction_id="point") as point:
        point.add("CORRELATOR", "c9")
        point.fail(2)
    (found,) = [r for r in shared_service.records() if r["global_transaction_id"] == "point"]
    assert (found["code"], found["properties"]) == (2, [("CORRELATOR", "c9")])


def test_raising_recording_point_is_general_failure(shared_service: RunningService) -> None:
    recorder = UsageRecorder(shared_service.endpoint)
    with pytest.raises(LookupError), recorder.recording_point(**START, global_transaction_id="raised"):
        raise LookupError
    (found,) = [r for r in shared_service.records() if r["global_transaction_id"] == "raised"]
    assert found["code"] == 1


def test_required_recording_point_fails_with_record(tmp_path: Path) -> None:
    recorder = UsageRecorder(f"http://127.0.0.1:{reserved_port()}/", policies=BLOCK)
    with pytest.raises(StoreUnavailable), recorder.recording_point(**START):
        pass


def test_block_error_survives_lost_record() -> None:
    alarms: list[str] = []
    recorder = UsageRecorder(
        f"http://127.0.0.1:{reserved_port()}/", on_alarm=lambda name, _error: alarms.append(name), policies=BLOCK
    )
    with pytest.raises(LookupError), recorder.recording_point(**START):
        raise LookupError
    assert alarms == ["record_lost"]


def test_empty_endpoint_or_off_policy_disables_component() -> None:
    off = FailPolicies(default=FailPolicy.OFF)
    for recorder in (UsageRecorder(""), UsageRecorder(policies=off)):
        assert recorder.record(**START) is None
        assert recorder.disabled == 1


def test_outage_under_load_costs_no_record(local_service: RunningService, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    recorder = UsageRecorder(local_service.endpoint, spool=Spool(folder), circuit=Circuit(backoff=QUICK))
    strict = UsageRecorder(local_service.endpoint, policies=BLOCK)
    names, stopping = list[str](), threading.Event()

    def load(caller: int) -> None:
        for number in itertools.count():
            recorder.record(**START, global_transaction_id=f"t{caller}-{number}")
            names.append(f"t{caller}-{number}")
            if stopping.wait(0.005):
                return

    threads = [threading.Thread(target=load, args=(caller,)) for caller in range(3)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(names) > 50, "load")
    local_service.kill()
    with pytest.raises(StoreUnavailable):
        strict.record(**START)
    known = len(names)
    wait_until(lambda: len(names) > known + 300, "load while the service is away")
    stopping.set()
    for thread in threads:
        thread.join()
    local_service.start(again=True)
    wait_until(lambda: waiting_bytes(folder) == 0, "the drain")
    recorder.close()
    assert sorted(transactions(local_service)) == sorted(names)
    assert REFUSED not in {path.name for path in folder.iterdir()}


def test_killed_recording_points_lose_or_duplicate_nothing(local_service: RunningService, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    for round_number in range(3):
        _kill_while_recording(folder, local_service.endpoint, [f"r{round_number}p{number}" for number in range(3)])
    taken = [name for path in tmp_path.glob("*.taken") for name in path.read_text().split("\n")[:-1]]
    done = local_service.run("spool", "drain", "--folder", str(folder), "--endpoint", local_service.endpoint)
    assert "delivered" in done.stdout
    stored = transactions(local_service)
    assert len(stored) == len(set(stored))
    assert set(taken) <= set(stored)
    # Killed between the spool and the note of it: at most the one record of each process.
    assert len(stored) - len(taken) <= 9


def _kill_while_recording(folder: Path, endpoint: str, names: list[str]) -> None:
    points = [_start_point(folder, endpoint, name) for name in names]
    notes = [folder.parent / f"{name}.taken" for name in names]
    wait_until(lambda: all(_lines(note) > 20 for note in notes), "recording")
    for point in points:
        point.send_signal(signal.SIGKILL)
        point.wait()


def _lines(file: Path) -> int:
    return file.read_text().count("\n") if file.exists() else 0


def _start_point(folder: Path, endpoint: str, name: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.client.points", str(folder), endpoint, name]
    return subprocess.Popen(command, cwd=ROOT)
