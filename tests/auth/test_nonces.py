"""A nonce counts once, for all processes that share the folder."""

import os
import time
from pathlib import Path

import pytest

from usage_service.auth.username_token import SWEEP_EVERY, NonceFolder
from usage_service.errors import ConfigurationError


def test_nonce_counts_once_across_workers(tmp_path: Path) -> None:
    one, other = NonceFolder(tmp_path / "nonces", 60), NonceFolder(tmp_path / "nonces", 60)
    assert one.use(b"a")
    assert not other.use(b"a")
    assert other.use(b"b")


def test_old_nonces_are_removed_during_use(tmp_path: Path) -> None:
    nonces = NonceFolder(tmp_path, 60)
    nonces.use(b"old")
    (old,) = tmp_path.iterdir()
    os.utime(old, (time.time() - 120,) * 2)
    for number in range(SWEEP_EVERY):
        nonces.use(b"%d" % number)
    assert not old.exists()
    assert len(list(tmp_path.iterdir())) == SWEEP_EVERY


def test_the_folder_is_private(tmp_path: Path) -> None:
    NonceFolder(tmp_path / "nonces", 60)
    assert (tmp_path / "nonces").stat().st_mode & 0o777 == 0o700


def test_foreign_nonce_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 12_345)
    with pytest.raises(ConfigurationError, match="another user"):
        NonceFolder(tmp_path, 60)


def test_sweep_keeps_files_of_others(tmp_path: Path) -> None:
    for name in ("callers.toml", "usage.db"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1, 1))
    NonceFolder(tmp_path, 60).forget_old()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["callers.toml", "usage.db"]
