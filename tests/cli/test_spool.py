"""The spool from the command line."""

import json
from pathlib import Path

from tests.client.points import line
from tests.running import RunningService
from usage_service.client.spool import Spool


def filled(folder: Path) -> Path:
    spool = Spool(folder)
    spool.append(line(1))
    spool.append(line(2))
    spool.close()
    return folder


def test_list_shows_what_waits(shared_service: RunningService, tmp_path: Path) -> None:
    listed = shared_service.run("spool", "list", "--folder", str(filled(tmp_path)), "--format", "json")
    keys = [json.loads(row)["once_key"] for row in listed.stdout.splitlines()]
    assert keys == ["k1", "k2"]


def test_export_prints_lines_and_drain_delivers(shared_service: RunningService, tmp_path: Path) -> None:
    folder = str(filled(tmp_path))
    assert shared_service.run("spool", "export", "--folder", folder).stdout.encode() == line(1) + line(2)
    drained = shared_service.run("spool", "drain", "--folder", folder, "--endpoint", shared_service.endpoint)
    assert drained.stdout == "2 records delivered or set aside\n"
    assert shared_service.run("spool", "export", "--folder", folder).stdout == ""


def test_missing_folder_is_configuration_error(shared_service: RunningService, tmp_path: Path) -> None:
    done = shared_service.run("spool", "list", "--folder", str(tmp_path / "none"), check=False)
    assert done.returncode == 3
