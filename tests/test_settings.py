"""Settings: the first of option, environment, file and default wins, and everybody can see which one did."""

from dataclasses import fields
from pathlib import Path

import pytest

from usage_service.errors import ConfigurationError
from usage_service.settings import DEFAULT_FILE, Settings, as_environment, load_settings


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "settings.toml"
    path.write_text('port = 1003\nworkers = 3\nbind = "file"\nalias_namespaces = ["urn:a", "urn:b"]\n')
    return str(path)


def origins(**how) -> dict[str, str]:
    return {item.name: item.origin for item in load_settings(**how).in_force}


def test_an_option_wins_over_a_variable_over_the_file_over_the_default(file):
    variables = {"USAGE_SERVICE_PORT": "1002", "USAGE_SERVICE_WORKERS": "2"}
    settings = load_settings({"port": 1001}, file=file, environment=variables).settings
    assert (settings.port, settings.workers, settings.bind, settings.log_level) == (1001, 2, "file", "info")


def test_every_value_says_where_it_came_from(file):
    found = origins(options={"port": 1001}, file=file, environment={"USAGE_SERVICE_WORKERS": "2"})
    expected = {"port": "option", "workers": "environment", "bind": f"file {file}", "log_level": "default"}
    assert {name: found[name] for name in expected} == expected


def test_an_option_that_was_not_given_does_not_count(file):
    assert load_settings({"port": None}, file=file, environment={}).settings.port == 1003


def test_without_a_named_file_the_one_in_the_working_directory_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(DEFAULT_FILE).write_text("port = 1004")
    assert load_settings(environment={}).settings.port == 1004


def test_the_file_can_be_named_by_a_variable(file):
    assert load_settings(environment={"USAGE_SERVICE_CONFIG": file}).settings.port == 1003


def test_without_any_source_every_setting_has_its_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loaded = load_settings(environment={})
    assert loaded.settings == Settings()
    assert {item.origin for item in loaded.in_force} == {"default"}


def test_every_setting_is_listed_once_with_a_meaning():
    in_force = load_settings(environment={}).in_force
    assert [item.name for item in in_force] == [setting.name for setting in fields(Settings)]
    assert [item.name for item in in_force if not item.help.endswith(".") and "//" not in item.help] == []


def test_lists_and_tables_are_json_in_the_environment():
    variables = {
        "USAGE_SERVICE_ALIAS_NAMESPACES": '["urn:a"]',
        "USAGE_SERVICE_CATALOG_BY_SERVICE": '{"PX21_CN_IMS": "enforce"}',
        "USAGE_SERVICE_FAST_PATH": "false",
    }
    settings = load_settings(environment=variables).settings
    assert settings.alias_namespaces == ["urn:a"]
    assert settings.catalog_by_service == {"PX21_CN_IMS": "enforce"}
    assert settings.fast_path is False


def test_worker_processes_load_the_very_same_settings(file):
    options = {"catalog_by_service": {"X": "off"}, "public_url": "https://example.org", "fast_path": False}
    loaded = load_settings(options, file=file, environment={})
    assert load_settings(environment=as_environment(loaded)).settings == loaded.settings


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "eighty"),
        ("WORKERS", "2.5"),
        ("LOG_LEVEL", "loud"),
        ("FAST_PATH", "perhaps"),
        ("UNEQUAL_ARRAYS", "accept"),
        ("ALIAS_NAMESPACES", "urn:a"),
        ("CATALOG_BY_SERVICE", '{"X": "sometimes"}'),
    ],
)
def test_a_wrong_value_names_the_setting_and_its_origin(variable, value):
    with pytest.raises(ConfigurationError, match=rf"^{variable.lower()} \(environment\): "):
        load_settings(environment={f"USAGE_SERVICE_{variable}": value})


def test_a_wrong_value_in_the_file_names_the_file(tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text('port = "eighty"')
    with pytest.raises(ConfigurationError, match=rf"^port \(file {path}\): "):
        load_settings(file=str(path), environment={})


def test_an_unknown_setting_names_the_nearest(tmp_path):
    path = tmp_path / "typo.toml"
    path.write_text("prot = 8080")
    with pytest.raises(ConfigurationError, match=r"unknown settings: prot \(did you mean port\?\)"):
        load_settings(file=str(path), environment={})


@pytest.mark.parametrize("content", ["port = ", None], ids=["not TOML", "missing"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    path = tmp_path / "unreadable.toml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigurationError, match=rf"cannot read {path}"):
        load_settings(file=str(path), environment={})


@pytest.mark.parametrize(
    ("variable", "value", "shown"),
    [
        ("CALL_EVENTS_TOKEN", "secret", "***"),
        ("CALL_EVENTS_TOKEN", "", ""),
        ("DATABASE", "postgresql://usage:secret@db/usage", "postgresql://usage:***@db/usage"),
        (
            "DATABASE",
            "postgresql://db/usage?user=u&password=secret&x=1",
            "postgresql://db/usage?user=u&password=***&x=1",
        ),
        ("DATABASE", "postgresql://usage@db:5432/usage", "postgresql://usage@db:5432/usage"),
    ],
)
def test_what_is_shown_of_a_setting_holds_no_secret(variable, value, shown):
    loaded = load_settings(environment={f"USAGE_SERVICE_{variable}": value})
    item = next(item for item in loaded.in_force if item.name == variable.lower())
    assert (item.value, item.shown) == (value, shown)


def test_an_unknown_variable_names_the_nearest():
    with pytest.raises(ConfigurationError, match=r"USAGE_SERVICE_PROT \(did you mean USAGE_SERVICE_PORT\?\)"):
        load_settings(environment={"USAGE_SERVICE_PROT": "8081"})


def test_variables_of_the_client_are_no_settings():
    assert load_settings(environment={"USAGE_SERVICE_ENDPOINT": "http://records/"}).settings.port == 8080
