"""The commands `genesys` and `interactions`, as people type them."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.systems.genesys.support import LINKS, ORDER, PAGE
from usage_service.main import main

LINK = "00RP30KH7088L1IC08GB82LAES000316"


Run = Callable[..., tuple[int, str, str]]
"""Types a command; gives its exit code, output and errors."""


@pytest.fixture
def run(sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in this process, on a database that holds the published example."""
    monkeypatch.setenv("USAGE_SERVICE_DATABASE", sqlite_url)

    def typed(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["usage-service", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    code, out, _ = typed("genesys", "load", str(PAGE))
    assert code == 0
    assert "4 call events" in out
    assert "settled 1 interactions, 0 of them final" in out
    return typed


def test_interaction_shown_as_tree_and_timelines(run: Run) -> None:
    shown = run("interactions", "show", ORDER[2])[1]
    assert shown.splitlines()[2:5] == [
        f"Tserver2? {ORDER[0]}",
        f"  --[{LINK}]--> SIPServer1? {ORDER[1]}",
        f"    --[00EBGH4GK488LFQD2CGB02LAES0007J5]--> Tserver2? {ORDER[2]}",
    ]
    assert "time line of SIPServer1 (its own clock)" in shown


@pytest.mark.parametrize(("form", "start"), [("dot", "digraph"), ("svg", "<svg"), ("json", "{")])
def test_interaction_is_drawn_in_other_formats(run: Run, form: str, start: str) -> None:
    assert run("interactions", "show", LINK, "--format", form)[1].startswith(start)


def test_unknown_identifier_gives_one_line_error(run: Run) -> None:
    code, _, error = run("interactions", "show", "nobody")
    assert (code, error) == (2, "usage-service: there is no interaction known as nobody\n")


def test_interactions_are_listed(run: Run) -> None:
    [row] = map(json.loads, run("interactions", "list", "--open", "--format", "json")[1].splitlines())
    assert (row["interaction_id"], row["calls"], row["final"]) == (ORDER[0], 3, False)


def test_loaded_logs_listed_by_given_name(run: Run) -> None:
    run("genesys", "load", str(LINKS), "--server", "Tserver2")
    assert "Tserver2" in run("genesys", "logs", "--format", "csv")[1]


def test_missing_file_gives_one_line_error(run: Run, tmp_path: Path) -> None:
    code, _, error = run("genesys", "load", str(tmp_path / "nowhere"))
    assert code == 2
    assert error.endswith(f"the file cannot be taken: {tmp_path}/nowhere: No such file or directory\n")


def test_following_once_reads_all_and_settles(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "t.log"
    log.write_bytes(LINKS.read_bytes())
    code, out, _ = run("genesys", "follow", "--once", str(log))
    assert code == 0
    assert "call events" in out


def test_settling_prints_what_it_did(run: Run) -> None:
    code, out, _ = run("genesys", "settle", "--as-of", "2026-01-01")
    assert (code, out) == (
        0,
        "settled 0 interactions, 0 of them final: 0 usage records written, "
        "0 corrected, 0 voided, 0 kept as an operator left them, 0 rejected\n",
    )


def test_invalid_server_name_is_rejected(run: Run) -> None:
    code, _, error = run("genesys", "load", str(LINKS), "--server", "x" * 101)
    assert (code, "at most 100 characters" in error) == (2, True)
