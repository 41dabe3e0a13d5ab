"""`rejects`: what a running service refused is kept, looked at, and replayed once after the fix."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_commands import run_here
from tests.running import RunningService, running
from usage_service.database.database import Database, open_database
from usage_service.database.schema import upgrade_schema
from usage_service.ledger.model import Reject
from usage_service.ledger.rejects import Rejects
from usage_service.record_ids import new_record_ids

UNEQUAL = (Path(__file__).parent / "data" / "unequal_arrays.xml").read_bytes()
OTHER = Reject(source="cdr", message_id="UREC0001E", reason="wrong", body=b"\xff\x00")


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = open_database(sqlite_url)
    upgrade_schema(opened)
    yield opened
    opened.close()


def lines(done) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_rejected_request_replayed_once_after_fix(sqlite_url: str, tmp_path: Path) -> None:
    with running(RunningService(sqlite_url, tmp_path)) as service:
        assert service.post(UNEQUAL)[0] == 500
        (kept,) = lines(run_here(service, "rejects", "list", "--open", "--format", "json"))
        refused = run_here(service, "rejects", "replay", str(kept["reject_id"]), "--format", "json")
        assert (refused.returncode, lines(refused)[0]["outcome"], service.records()) == (2, "refused", [])

        fixed = RunningService(sqlite_url, tmp_path, {"unequal_arrays": "lenient"})
        first, second = (run_here(fixed, "rejects", "replay", str(kept["reject_id"]), "--format", "json") for _ in "12")

        (record,) = service.records()
    assert (kept["message_id"], kept["replayed"]) == ("UREC0002E", False)
    assert [(done.returncode, lines(done)[0]["outcome"]) for done in (first, second)] == [
        (0, "stored"),
        (0, "there already"),
    ]
    assert lines(first)[0]["record_id"] == lines(second)[0]["record_id"] == record["record_id"]
    assert record["remarks"] == ("repaired",)
    assert lines(run_here(fixed, "rejects", "list", "--open", "--format", "json")) == []
    assert run_here(fixed, "rejects", "replay", "--all").returncode == 0
    assert len(service.records()) == 1


@pytest.fixture
def service(sqlite_url: str, tmp_path: Path) -> RunningService:
    """Only its settings: these commands need no service."""
    return RunningService(sqlite_url, tmp_path)


def test_reject_shown_and_exported_with_body(database: Database, service: RunningService) -> None:
    rejects = Rejects(database, issue_ids=new_record_ids)
    text = Reject(source="soap", message_id="UREC0002E", reason="unequal", body=UNEQUAL, principal="gateway")
    first, second = rejects.keep([text, OTHER])

    shown = json.loads(run_here(service, "rejects", "show", first).stdout)
    exported = lines(run_here(service, "rejects", "export"))

    assert (shown["body"], shown["principal"], shown["complete"]) == (UNEQUAL.decode(), "gateway", True)
    assert exported[0] == shown
    assert (exported[1]["reject_id"], exported[1]["source"]) == (second, "cdr")
    assert base64.b64decode(str(exported[1]["body_base64"])) == OTHER.body


def test_replay_all_skips_unreplayable_rejects(database: Database, service: RunningService) -> None:
    soap = Reject(source="soap", message_id="UREC0002E", reason="unequal", body=UNEQUAL, content_type="text/xml")
    rejects = Rejects(database, issue_ids=new_record_ids)
    ids = rejects.keep([soap, OTHER] * 101)  # more than a page

    service.settings = {"unequal_arrays": "lenient"}
    done = run_here(service, "rejects", "replay", "--all", "--actor", "auditor", "--format", "json")

    assert done.returncode == 0
    assert [(one["reject_id"], one["outcome"]) for one in lines(done)] == [(each, "stored") for each in ids[::2]]
    assert len(service.records()) == 101
    assert rejects.count(open_only=True) == rejects.count(source="cdr") == 101


def test_source_without_replay_is_reported(database: Database, service: RunningService) -> None:
    (reject_id,) = Rejects(database, issue_ids=new_record_ids).keep([OTHER])
    done = run_here(service, "rejects", "replay", reject_id, "--format", "json")
    assert done.returncode == 2
    assert "cannot be replayed" in str(lines(done)[0]["reason"])


@pytest.mark.parametrize(
    "arguments", [(), ("--all", "01a1fb83-1f1d-7411-88ff-b7164d8c0403"), ("x", "--source", "soap")]
)
def test_what_to_replay_must_be_said(service: RunningService, arguments: tuple[str, ...]) -> None:
    assert run_here(service, "rejects", "replay", *arguments).returncode == 2
