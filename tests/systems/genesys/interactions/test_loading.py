from dataclasses import replace
from pathlib import Path
from random import Random
from threading import Event

import pytest

from tests.systems.genesys.generator import AFTERWARDS, Story
from tests.systems.genesys.support import calls_of, events_of
from usage_service.errors import UnreadableFile
from usage_service.ledger.rejects import Rejects
from usage_service.record_ids import new_record_ids
from usage_service.systems.genesys.loading import Pace
from usage_service.systems.genesys.scanner import Settings
from usage_service.systems.genesys.store import logs

from .support import START, Parts, digests, expected_records, recorded, stored_calls, write_logs

DATA = Path(__file__).parent / "data"
DAMAGED = DATA / "damaged.log"
"""An event without CallUUID, one with a list cut short, one with control characters in its ids."""


@pytest.fixture
def story() -> Story:
    stated = Story(Random(11))
    for size in (12, 3, 1):
        stated.interaction(size)
    return stated


def test_four_server_logs_loaded_give_truth(parts: Parts, story: Story, tmp_path: Path) -> None:
    paths = write_logs(story, tmp_path)
    for path in paths:
        parts.loader.load([path], Settings())
    parts.settler.settle(AFTERWARDS)
    events = [event for path in paths for event in events_of(path)]
    assert digests(parts.current()) == expected_records(events, AFTERWARDS)
    assert [row.log for row in logs(parts.database)] == sorted(path.stem for path in paths)


def test_loading_again_reads_and_changes_nothing(parts: Parts, story: Story, tmp_path: Path) -> None:
    [path, *_] = write_logs(story, tmp_path)
    parts.loader.load([path], Settings())
    parts.settler.settle(AFTERWARDS)
    before = recorded(parts.database)
    loaded = parts.loader.load([path], Settings())
    assert (loaded.counts.bytes, loaded.changed, recorded(parts.database)) == (0, 0, before)


def test_renamed_log_read_again_changes_nothing(parts: Parts, story: Story, tmp_path: Path) -> None:
    paths = write_logs(story, tmp_path)
    server = paths[0].stem
    parts.loader.load([paths[0]], Settings())
    renamed = tmp_path / "copy.log"
    renamed.write_bytes(b"@00:00:00.0000 [0] 8 another start\n" + paths[0].read_bytes())
    loaded = parts.loader.load([renamed], Settings(server=server))
    assert loaded.counts.call_events > 0
    assert loaded.changed == 0


def test_unusable_input_kept_once_with_reason(parts: Parts) -> None:
    assert parts.loader.load([DAMAGED], Settings()).kept == 3
    assert parts.loader.load([DAMAGED], Settings(server="again")).kept == 0
    kept = Rejects(parts.database, issue_ids=new_record_ids).find(source="genesys")
    assert [one.reject.message_id for one in kept] == ["GENESYS0001E", "GENESYS0002W", "GENESYS0002W"]
    unreadable, cut, odd = (one.reject.reason.removeprefix(str(DAMAGED)) for one in kept)
    assert unreadable == " at byte 61: the event has no readable AttributeCallUUID"
    assert "call CUT: AttributeISLinkList" in cut
    assert odd.endswith("call ODD: AttributeISLinkList has a link without a usable id, role or location")
    assert kept[0].reject.body.startswith(b"@09:41:00.5404")


def test_damaged_list_keeps_rest_of_event(parts: Parts) -> None:
    parts.loader.load([DAMAGED], Settings())
    [call] = stored_calls(parts.database, ["CUT"]).values()
    assert (call.links, call.value("ANI"), call.conn_ids) == ({"L1"}, "5551234", {"009a021843038407"})


def test_log_following_resumes_at_last_end(parts: Parts, story: Story, tmp_path: Path) -> None:
    [path, *_] = write_logs(story, tmp_path)
    whole = path.read_bytes()
    stopped = Event()
    stopped.set()
    for end in (len(whole) // 3, len(whole) // 2, len(whole)):
        path.write_bytes(whole[:end])
        parts.loader.follow(path, Settings(), stopped, Pace(settle=0))
    truth = calls_of(events_of(path)).calls
    assert stored_calls(parts.database, [key.call_uuid for key in truth]) == truth


def test_missing_log_file_is_named(parts: Parts, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="nowhere"):
        parts.loader.load([tmp_path / "nowhere.log"], Settings())


def test_a_load_settles_on_its_way(parts: Parts, story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("usage_service.systems.genesys.loading.SETTLE_EVERY", 5)
    [path, *_] = write_logs(story, tmp_path)
    parts.loader.load([path], Settings())
    parts.settler.settle(AFTERWARDS)
    assert digests(parts.current()) == expected_records(events_of(path), AFTERWARDS)


def test_times_keep_their_microseconds(parts: Parts, story: Story, tmp_path: Path) -> None:
    [path, *_] = write_logs(story, tmp_path)
    first = events_of(path)[0]
    odd = replace(first, time=START.replace(microsecond=123457))
    parts.take(odd)
    [call] = stored_calls(parts.database, [odd.call_uuid]).values()
    assert call.first.time.microsecond == 123457
