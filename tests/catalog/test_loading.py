"""The packaged files, and an operator's own beside them."""

import shutil
from pathlib import Path

import pytest

from usage_service.catalog import Catalog, FailPolicy, load
from usage_service.errors import ConfigurationError

from .records import record_of
from .test_services import published_points

MISTAKES = sorted((Path(__file__).parent / "data" / "mistakes").glob("*.toml"))


@pytest.mark.parametrize("path", MISTAKES, ids=lambda path: path.stem)
def test_error_names_its_file_and_key(path: Path, tmp_path: Path) -> None:
    expected = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# expect: ")
    shutil.copy(path, tmp_path)
    with pytest.raises(ConfigurationError) as mistake:
        load(tmp_path, of_systems=())
    assert str(mistake.value) == expected


def test_an_operator_may_add_a_service(operator_catalog: Catalog) -> None:
    record = record_of("VOTER", service="VOTING_TEST", event_type="vote", code=7)
    assert operator_catalog.check(record) == ()
    assert operator_catalog.meaning("VOTING", 7) == "vote refused"
    assert operator_catalog.fail_policy("VOTING", "vote") is FailPolicy.OFF


def test_an_operator_may_replace_a_service(operator_catalog: Catalog) -> None:
    assert operator_catalog.check(record_of("COLOUR")) == ()
    assert operator_catalog.check(record_of("CALLER")) == ("unknown_property:CALLER",)


def test_service_knows_its_source_file(catalog: Catalog, operator_catalog: Catalog) -> None:
    assert catalog.service("PX21_TPC_IMS").origin == "packaged"
    assert operator_catalog.service("PX21_TPC_IMS").origin.endswith("operator/third_party_call.toml")


def test_the_other_services_stay_as_packaged(catalog: Catalog, operator_catalog: Catalog) -> None:
    assert operator_catalog.service("PX21_CH_IMS") == catalog.service("PX21_CH_IMS")
    assert len(operator_catalog.services) == len(catalog.services) + 1


def test_missing_directory_is_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        load(tmp_path / "nowhere", of_systems=())


def test_service_described_twice_is_rejected(data: Path, tmp_path: Path) -> None:
    shutil.copy(data / "operator" / "voting.toml", tmp_path / "a.toml")
    shutil.copy(data / "operator" / "voting.toml", tmp_path / "b.toml")
    with pytest.raises(ConfigurationError, match=r"b\.toml: id: VOTING is already described by a\.toml"):
        load(tmp_path, of_systems=())


def test_alias_of_two_services_is_rejected(data: Path, tmp_path: Path) -> None:
    text = (data / "operator" / "voting.toml").read_text(encoding="utf-8")
    (tmp_path / "voting.toml").write_text(text.replace("VOTING_TEST", "PX21_CH_IMS"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="PX21_CH_IMS names both"):
        load(tmp_path, of_systems=())


def test_undecodable_bytes_are_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_bytes(b'id = "\xff"')
    with pytest.raises(ConfigurationError, match=r"broken\.toml"):
        load(tmp_path, of_systems=())


def test_recording_points_find_every_published_service() -> None:
    known = {service.id for service in load(of_systems=()).services}
    assert {point.service for point in published_points()} <= known
