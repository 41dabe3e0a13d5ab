"""The documentation is true: its commands run, its links lead somewhere, its targets exist."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from typer.main import get_command

from tests.running import ROOT, RunningService, running
from usage_service.main import app

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "sql" / "README.md"])
COMMAND = re.compile(r"^\$ (.*)$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    folder = tmp_path_factory.mktemp("docs")
    with running(RunningService(f"sqlite:///{folder}/usage.db", folder)) as service:
        yield service


def commands(page: Path) -> list[str]:
    return COMMAND.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("command", [command for command in commands(ROOT / "README.md") if "usage-service" in command])
def test_a_command_of_the_readme_runs(service: RunningService, command: str) -> None:
    program, *arguments = shlex.split(command)
    assert program == ".venv/bin/usage-service"
    service.run(*arguments)


def test_readme_python_example_stores_record(service: RunningService) -> None:
    [example] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, str] = {}
    exec(example.replace("http://localhost:8080", service.url), names)
    assert names["record_id"] in [row["record_id"] for row in service.records()]


def test_mentioned_make_targets_all_exist() -> None:
    rules = re.findall(r"^([a-z][a-z -]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    targets = [target for rule in rules for target in rule.split()]
    spoken = {name for page in PAGES for name in re.findall(r"`?make ([a-z-]+)", page.read_text(encoding="utf-8"))}
    assert spoken <= {*targets, "sure"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_mentioned_commands_exist_with_their_options(page: Path) -> None:
    for command in commands(page):
        program, *words = shlex.split(command)
        if program.endswith("usage-service"):
            known, spoken = options_of(words), {word for word in words if word.startswith("--")}
            assert spoken <= known, command


def options_of(words: list[str]) -> set[str]:
    """The options of the command that these words call, and of those above it; fails when there is no such command."""
    command = get_command(app)
    known = {option for parameter in command.params for option in parameter.opts}
    for before, word in pairwise(["", *words]):
        inner = getattr(command, "commands", {})
        if inner and not word.startswith("-") and not before.startswith("--"):
            assert word in inner, f"there is no command {word}"
            command = inner[word]
            known |= {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return known
