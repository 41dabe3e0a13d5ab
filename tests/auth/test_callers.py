"""Who may write what."""

from pathlib import Path

import pytest

from usage_service.auth.callers import Callers, Right, load_callers
from usage_service.auth.passwords import PasswordHash
from usage_service.errors import ConfigurationError, NotAllowed

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def callers() -> Callers:
    return load_callers(DATA / "callers.toml")


def test_hash_matches_only_its_password() -> None:
    kept = PasswordHash.from_text(str(PasswordHash.of("sésame")))
    assert kept.matches("sésame")
    assert not kept.matches("sesame")


def test_two_hashes_of_one_password_differ() -> None:
    assert str(PasswordHash.of("sesame")) != str(PasswordHash.of("sesame"))


@pytest.mark.parametrize(
    ("name", "password", "known"),
    [
        ("gateway", "open sesame", True),
        ("gateway", "open Sesame", False),
        ("legacy", "plain secret", True),
        ("legacy", "plain", False),
        ("proxied", "", False),
        ("stranger", "open sesame", False),
    ],
)
def test_caller_identified_by_password(callers: Callers, name: str, password: str, known: bool) -> None:
    caller = callers.check(name, password)
    assert (caller is not None) == known
    assert caller is None or caller.name == name


def test_caller_identified_by_certificate(callers: Callers) -> None:
    caller = callers.with_subject("CN=cn.example.net,O=Example")
    assert caller is not None
    assert caller.name == "proxied"
    assert callers.with_subject("CN=cn.example.net") is None


@pytest.mark.parametrize("service", ["PX21_CN_IMS", "PX21_", "VOTING"])
def test_caller_limited_to_its_patterns(callers: Callers, service: str) -> None:
    caller = callers.named("gateway")
    assert caller is not None
    caller.require(service)


@pytest.mark.parametrize("service", ["px21_CN_IMS", "XPX21_CN_IMS", "VOTING2", "VOTING\n", ""])
def test_a_caller_may_write_nothing_else(callers: Callers, service: str) -> None:
    caller = callers.named("gateway")
    assert caller is not None
    with pytest.raises(NotAllowed) as refused:
        caller.require(service)
    assert refused.value.service == service


@pytest.mark.parametrize("file", sorted((DATA / "callers_mistakes").iterdir()), ids=lambda file: file.stem)
def test_callers_file_error_is_located(file: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_callers(file)
    assert f"{file}" in str(refused.value)
    assert "sesame" not in str(refused.value)


def test_a_missing_callers_file_is_named() -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        load_callers(Path("nowhere"))


def test_closing_periods_needs_its_right(tmp_path: Path) -> None:
    file = tmp_path / "callers.toml"
    file.write_text(
        '[callers.writer]\nsecret = "a"\nservices = ["*"]\n'
        '[callers.auditor]\nsecret = "b"\nservices = ["*"]\nmay = ["adjust", "close_periods"]\n'
    )
    callers = load_callers(file)
    writer, auditor = callers.named("writer"), callers.named("auditor")
    assert writer is not None
    assert auditor is not None
    writer.require("PX", Right.ADJUST)
    auditor.require("PX", Right.CLOSE_PERIODS)
    with pytest.raises(NotAllowed, match="to close periods"):
        writer.require("PX", Right.CLOSE_PERIODS)
