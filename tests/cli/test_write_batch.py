"""`write --batch`: a file of records against a real service, and what the command says of every line."""

import csv
import json
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from demos.ports import reserved_port
from tests.cli.test_commands import run_here
from tests.running import RunningService

numbers = count(1)
HEADING = "global_transaction_id,service,event_type,record_time,code,once_key,property:SECONDS\n"


@pytest.fixture(scope="module")
def usage(shared_service: RunningService):
    return partial(run_here, shared_service)


@pytest.fixture
def name() -> str:
    """A service that no other test writes for."""
    return f"BATCH_{next(numbers)}"


@pytest.fixture
def stored(usage, name):
    """The records of this test's service, as the command line prints them."""
    return lambda: [json.loads(line) for line in usage("records", "--json", "--service", name).stdout.splitlines()]


def row(name: str, number: int, code: str = "0", event: str = "Vote", key: str = "") -> str:
    return f"tx-{number},{name},{event},2012-10-29T14:41:00.540Z,{code},{key},{number}\n"


def csv_file(folder: Path, *rows: str) -> Path:
    file = folder / f"batch-{next(numbers)}.csv"
    file.write_text(HEADING + "".join(rows), "utf-8")
    return file


def said(done) -> str:
    """The command's last words."""
    return done.stderr.strip().splitlines()[-1]


def test_file_lines_stored_once_in_order(usage, stored, name, tmp_path):
    file = csv_file(tmp_path, *(row(name, number) for number in range(1203)))

    first, again = (usage("write", "--batch", str(file)) for _ in range(2))

    assert (first.returncode, first.stdout) == (0, "")
    assert said(first) == "stored 1203, there already 0, refused 0, failed 0"
    assert (again.returncode, said(again)) == (0, "stored 0, there already 1203, refused 0, failed 0")
    found = usage("records", "--json", "--service", name, "--limit", "2000").stdout.splitlines()
    assert [json.loads(line)["properties"] for line in found] == [[["SECONDS", str(n)]] for n in range(1203)]


def test_rejected_lines_reported_and_set_aside(usage, stored, name, tmp_path):
    file = csv_file(
        tmp_path, row(name, 1), row(name, 2, code="many"), row(name, 3, event=" "), row(name, 4), row("", 5)
    )
    aside = tmp_path / "rejected.csv"

    done = usage("write", "--batch", str(file), "--rejected", str(aside), "--format", "csv")

    stated = list(csv.DictReader(done.stdout.splitlines()))
    assert (done.returncode, said(done)) == (2, "stored 2, there already 0, refused 3, failed 0")
    assert [(one["line"], one["field"]) for one in stated] == [("3", "code"), ("4", "event_type"), ("6", "service")]
    assert all(one["reason"] for one in stated)
    assert aside.read_text("utf-8") == HEADING + row(name, 2, code="many") + row(name, 3, event=" ") + row("", 5)
    assert [record["global_transaction_id"] for record in stored()] == ["tx-1", "tx-4"]


def test_set_aside_lines_resent_after_correction(usage, stored, name, tmp_path):
    aside = tmp_path / "rejected.csv"
    usage("write", "--batch", str(csv_file(tmp_path, row(name, 1), row(name, 2, code="x"))), "--rejected", str(aside))
    aside.write_text(aside.read_text("utf-8").replace(",x,", ",1,"), "utf-8")

    assert usage("write", "--batch", str(aside)).returncode == 0
    assert [record["code"] for record in stored()] == [0, 1]


def test_key_identifies_one_record_across_files(usage, stored, name, tmp_path):
    first, again, other = (csv_file(tmp_path, row(name, number, key="k") + extra) for number, extra in
                           ((1, ""), (1, row(name, 2)), (3, "")))  # fmt: skip

    assert usage("write", "--batch", str(first)).returncode == 0
    assert said(usage("write", "--batch", str(again))) == "stored 1, there already 1, refused 0, failed 0"
    refused = usage("write", "--batch", str(other), "--format", "json")
    assert (refused.returncode, json.loads(refused.stdout)["message_id"]) == (2, "UREC0004E")
    assert len(stored()) == 2


@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_was_printed_can_be_sent(usage, stored, name, tmp_path, form):
    usage("write", "--batch", str(csv_file(tmp_path, row(name, 1), row(name, 2))))
    printed = tmp_path / f"printed.{form}"
    printed.write_text(usage("records", "--service", name, "--format", form).stdout, "utf-8", newline="")

    assert usage("write", "--batch", str(printed)).returncode == 0

    stated = [
        {key: record[key] for key in ("global_transaction_id", "record_time", "properties")} for record in stored()
    ]
    assert stated[:2] == stated[2:]


def test_atomic_file_stored_whole_or_not(usage, stored, name, tmp_path):
    unread = csv_file(tmp_path, row(name, 1), row(name, 2, code="many"))
    refused = csv_file(tmp_path, row(name, 1), row(name, 2, event=" "))
    good = csv_file(tmp_path, row(name, 1), row(name, 2))

    for file in (unread, refused):
        done = usage("write", "--atomic", "--batch", str(file), "--format", "json")
        assert (done.returncode, [json.loads(line)["line"] for line in done.stdout.splitlines()]) == (2, [2, 3])
        assert stored() == []
    assert usage("write", "--atomic", "--batch", str(good)).returncode == 0
    assert len(stored()) == 2


def test_an_atomic_file_has_a_limit(usage, stored, name, tmp_path):
    done = usage("write", "--atomic", "--batch", str(csv_file(tmp_path, *(row(name, n) for n in range(1001)))))
    assert (done.returncode, stored()) == (2, [])
    assert "at most 1000 records" in done.stderr


def test_unavailable_service_is_not_file_error(usage, name, tmp_path):
    away = f"http://127.0.0.1:{reserved_port()}/"
    done = usage("write", "--endpoint", away, "--batch", str(csv_file(tmp_path, row(name, 1))))
    assert done.returncode == 1
    assert "send the same file again" in done.stderr


@pytest.mark.parametrize(
    "arguments", [("--batch", "missing.csv"), ("--batch", ".", "--service", "S"), ("--service", "S")]
)
def test_contradictory_command_is_rejected(usage, arguments):
    assert usage("write", *arguments).returncode == 2
