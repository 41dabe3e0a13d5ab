"""Settings: the first of option, environment, file and default wins, and `config` shows which one did."""

from functools import partial
from pathlib import Path

import pytest

from usage_service.errors import ConfigurationError
from usage_service.registry import SETTINGS_GROUPS
from usage_service.settings import DEFAULT_FILE, Settings, as_environment, variable_name, without_password
from usage_service.settings import load_settings as load_core_settings
from usage_service.systems.bridge_billing.settings import BillingSettings
from usage_service.systems.genesys.settings import GenesysSettings
from usage_service.systems.pexip.settings import PexipSettings

load_settings = partial(load_core_settings, groups=SETTINGS_GROUPS)
GROUPS = """\
port = 1003

[genesys]
block_bytes = 600
monitored = ["Tserver1"]

[pexip]
file = "pexip.toml"
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "settings.toml"
    path.write_text('port = 1003\nworkers = 3\nbind = "file"\nalias_namespaces = ["urn:a", "urn:b"]\n')
    return str(path)


def written(folder: Path, content: str) -> str:
    path = folder / "written.toml"
    path.write_text(content)
    return str(path)


def origins(**how) -> dict[str, str]:
    return {item.name: item.origin for item in load_settings(**how).in_force}


def test_option_overrides_variable_file_and_default(file):
    variables = {"USAGE_SERVICE_PORT": "1002", "USAGE_SERVICE_WORKERS": "2"}
    settings = load_settings({"port": 1001}, file=file, environment=variables).settings
    assert (settings.port, settings.workers, settings.bind, settings.log_level) == (1001, 2, "file", "info")


def test_every_value_reports_its_origin(file):
    found = origins(options={"port": 1001}, file=file, environment={"USAGE_SERVICE_WORKERS": "2"})
    expected = {"port": "option", "workers": "environment", "bind": f"file {file}", "log_level": "default"}
    assert {name: found[name] for name in expected} == expected


def test_option_not_given_does_not_count(file):
    assert load_settings({"port": None}, file=file, environment={}).settings.port == 1003


def test_unnamed_file_read_from_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(DEFAULT_FILE).write_text("port = 1004")
    assert load_settings(environment={}).settings.port == 1004


def test_variable_can_name_settings_file(file):
    assert load_settings(environment={"USAGE_SERVICE_CONFIG": file}).settings.port == 1003


def test_settings_without_sources_have_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loaded = load_settings(environment={})
    assert loaded.settings == Settings(groups=tuple(kind() for kind in SETTINGS_GROUPS.values()))
    assert {item.origin for item in loaded.in_force} == {"default"}


def test_every_setting_is_listed_with_meaning():
    in_force = load_settings(environment={}).in_force
    names = [item.name for item in in_force]
    assert names[0] == "database"
    assert {name.partition(".")[0] for name in names if "." in name} == set(SETTINGS_GROUPS)
    assert [item.name for item in in_force if not item.help.endswith(".") and "//" not in item.help] == []


def test_no_two_settings_share_a_variable():
    names = [item.name for item in load_settings(environment={}).in_force]
    assert len({variable_name(name) for name in names}) == len(names)


def test_durations_have_one_spelling():
    names = [item.name for item in load_settings(environment={}).in_force]
    assert [name for name in names if name.endswith(("_hours", "_minutes", "_delay", "_timeout"))] == []


def test_system_has_group_in_file(tmp_path):
    settings = load_settings(file=written(tmp_path, GROUPS), environment={}).settings
    assert settings.port == 1003
    assert settings.group(GenesysSettings) == GenesysSettings(block_bytes=600, monitored=["Tserver1"])
    assert settings.group(PexipSettings).file == "pexip.toml"
    assert settings.group(BillingSettings) == BillingSettings()


def test_system_has_group_in_environment():
    variables = {
        "USAGE_SERVICE_BILLING_ROUNDING": "half-even",
        "USAGE_SERVICE_GENESYS_MONITORED": '["Tserver1"]',
        "USAGE_SERVICE_GENESYS_LINK_WAIT_SECONDS": "2.5",
    }
    settings = load_settings(environment=variables).settings
    assert settings.group(BillingSettings).rounding == "half-even"
    assert settings.group(GenesysSettings) == GenesysSettings(monitored=["Tserver1"], link_wait_seconds=2.5)


def test_group_setting_reports_its_origin(tmp_path):
    file = written(tmp_path, GROUPS)
    found = origins(file=file, environment={"USAGE_SERVICE_GENESYS_BLOCK_BYTES": "700"})
    expected = {"genesys.block_bytes": "environment", "genesys.monitored": f"file {file}", "billing.mode": "default"}
    assert {name: found[name] for name in expected} == expected


def test_group_not_loaded_has_defaults():
    assert Settings().group(GenesysSettings) == GenesysSettings()


def test_lists_and_tables_are_environment_json():
    variables = {
        "USAGE_SERVICE_ALIAS_NAMESPACES": '["urn:a"]',
        "USAGE_SERVICE_CATALOG_BY_SERVICE": '{"PX21_CN_IMS": "enforce"}',
        "USAGE_SERVICE_FAST_PATH": "false",
    }
    settings = load_settings(environment=variables).settings
    assert settings.alias_namespaces == ["urn:a"]
    assert settings.catalog_by_service == {"PX21_CN_IMS": "enforce"}
    assert settings.fast_path is False


def test_worker_processes_load_identical_settings(file):
    options = {"catalog_by_service": {"X": "off"}, "public_url": "https://example.org", "fast_path": False}
    variables = {"USAGE_SERVICE_PEXIP_FILE": "pexip.toml", "USAGE_SERVICE_GENESYS_MONITORED": '["Tserver1"]'}
    loaded = load_settings(options, file=file, environment=variables)
    assert as_environment(loaded).items() >= variables.items()
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
def test_invalid_value_names_setting_and_origin(variable, value):
    with pytest.raises(ConfigurationError, match=rf"^{variable.lower()} \(environment\): "):
        load_settings(environment={f"USAGE_SERVICE_{variable}": value})


def test_invalid_file_value_names_file(tmp_path):
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
def test_unreadable_settings_file_is_named(tmp_path, content):
    path = tmp_path / "unreadable.toml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigurationError, match=rf"cannot read {path}"):
        load_settings(file=str(path), environment={})


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("call_notification.events_token", "secret", "***"),
        ("call_notification.events_token", "", ""),
        ("database", "postgresql://usage:secret@db/usage", "postgresql://usage:***@db/usage"),
        (
            "database",
            "postgresql://db/usage?user=u&password=secret&x=1",
            "postgresql://db/usage?user=u&password=***&x=1",
        ),
        ("database", "postgresql://usage@db:5432/usage", "postgresql://usage@db:5432/usage"),
    ],
)
def test_shown_setting_contains_no_secret(name, value, shown):
    loaded = load_settings(environment={variable_name(name): value})
    item = next(item for item in loaded.in_force if item.name == name)
    assert (item.value, item.shown) == (value, shown)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[genesys]\nblok_bytes = 1", "genesys.blok_bytes (did you mean genesys.block_bytes?)"),
        ("[genesis]\nblock_bytes = 1", "genesis (did you mean genesys?)"),
        ("[pexip]\nport = 1", "pexip.port (did you mean port?)"),
        ('pexip = "pexip.toml"', "pexip (did you mean pexip.file?)"),
        ("genesys_block_bytes = 1", "genesys_block_bytes (did you mean genesys.block_bytes?)"),
        ("delivery_retries = 1", "delivery_retries (did you mean call_notification.delivery_retries?)"),
        ("call_settle_seconds = 1", "call_settle_seconds (did you mean call_notification.settle_seconds?)"),
        ("[[interaction_rules]]", "interaction_rules (did you mean genesys.interaction_rules?)"),
        ("[xyzzy]\nqqq = 1", "xyzzy"),
    ],
)
def test_the_nearest_name_crosses_groups(tmp_path, content, message):
    with pytest.raises(ConfigurationError) as raised:
        load_settings(file=written(tmp_path, content), environment={})
    assert str(raised.value).endswith(f": unknown settings: {message}")


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("PEXIP", "PEXIP_FILE"),
        ("DELIVERY_RETRIES", "CALL_NOTIFICATION_DELIVERY_RETRIES"),
        ("GENESYS_BLOK_BYTES", "GENESYS_BLOCK_BYTES"),
        ("CALL_EVENTS_TOKEN", "CALL_NOTIFICATION_EVENTS_TOKEN"),
    ],
)
def test_an_unknown_variable_names_its_group(variable, nearest):
    with pytest.raises(ConfigurationError, match=rf"_{variable} \(did you mean USAGE_SERVICE_{nearest}\?\)"):
        load_settings(environment={f"USAGE_SERVICE_{variable}": "1"})


def test_invalid_group_value_is_named():
    with pytest.raises(ConfigurationError, match=r"^billing\.rounding \(environment\): "):
        load_settings(environment={"USAGE_SERVICE_BILLING_ROUNDING": "up"})


def test_an_unknown_variable_names_the_nearest():
    with pytest.raises(ConfigurationError, match=r"USAGE_SERVICE_PROT \(did you mean USAGE_SERVICE_PORT\?\)"):
        load_settings(environment={"USAGE_SERVICE_PROT": "8081"})


def test_client_variables_are_not_settings():
    assert load_settings(environment={"USAGE_SERVICE_ENDPOINT": "http://records/"}).settings.port == 8080


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:ge@heim@h/db",
        "postgresql:/u:geheim@h/db",
        "postgresql://u:pw@h/db?sslpassword=geheim",
        "postgresql://h/db?user=u&password=geheim&sslkey=geheim",
    ],
)
def test_no_part_of_a_password_shows(url: str) -> None:
    assert "heim" not in without_password(url)
