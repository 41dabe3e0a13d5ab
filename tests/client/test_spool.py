"""The writing side of the spool."""

import os
from pathlib import Path

import pytest

from tests.client.points import line
from usage_service.client.spool import Spool
from usage_service.client.spool_reading import export, waiting
from usage_service.client.spool_segment import segments
from usage_service.errors import SpoolFull, SpoolUnavailable


def test_lines_wait_in_arrival_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in range(5):
        spool.append(line(number))
    assert list(export(tmp_path)) == [line(number) for number in range(5)]


def test_full_spool_raises_and_keeps_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=2 * len(line()))
    spool.append(line(1))
    spool.append(line(2))
    with pytest.raises(SpoolFull):
        spool.append(line(3))
    assert list(export(tmp_path)) == [line(1), line(2)]


def test_long_spool_is_split_into_segments(tmp_path: Path) -> None:
    spool = Spool(tmp_path, segment_bytes=2 * len(line()))
    for number in range(5):
        spool.append(line(number))
    assert len(segments(tmp_path)) == 3
    assert list(export(tmp_path)) == [line(number) for number in range(5)]


def test_leftover_lines_count_towards_limit(tmp_path: Path) -> None:
    first = Spool(tmp_path)
    first.append(line(1))
    first.close()
    with pytest.raises(SpoolFull):
        Spool(tmp_path, max_bytes=len(line())).append(line(2))


def test_forked_process_writes_own_segment(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(line(1))
    child = os.fork()
    if child == 0:
        spool.append(line(2))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    spool.append(line(3))
    assert sorted(export(tmp_path)) == sorted([line(1), line(2), line(3)])
    assert len(segments(tmp_path)) == 2


def test_path_not_folder_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolUnavailable):
        Spool(tmp_path / "file")


def test_damaged_line_is_shown_as_damaged(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(line(1).replace(b"c1", b"c2"))
    (found,) = waiting(tmp_path)
    assert found.spooled is None
    assert "checksum" in found.problem
