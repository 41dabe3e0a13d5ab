"""`usage-service caller`."""

import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.running import RunningService
from usage_service.auth.callers import load_callers
from usage_service.main import app


def test_printed_lines_form_callers_file(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["caller", 'a "b"', "--service", "PX21_*"], input="sesame\nsesame\n")
    assert done.exit_code == 0
    lines = done.stdout[done.stdout.index("[callers") :]
    assert "sesame" not in lines
    (tmp_path / "callers.toml").write_text(lines)
    assert tomllib.loads(lines)["callers"]['a "b"']["services"] == ["PX21_*"]
    assert load_callers(tmp_path / "callers.toml").check('a "b"', "sesame")


def test_two_different_passwords_are_not_taken() -> None:
    done = CliRunner().invoke(app, ["caller", "a"], input="sesame\nsesam\n")
    assert done.exit_code != 0
    assert "[callers" not in done.stdout


@pytest.mark.parametrize("settings", [{"bind": "0.0.0.0"}, {"auth_modes": '["basic"]', "callers_file": "missing.toml"}])
def test_unsafe_or_broken_service_cannot_start(tmp_path: Path, settings: dict[str, str]) -> None:
    service = RunningService(f"sqlite:///{tmp_path}/usage.db", tmp_path, settings)
    done = service.run("serve", check=False)
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "usage.db").exists()
