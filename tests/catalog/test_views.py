"""The catalog as plain data."""

import json
from pathlib import Path

import pytest

from usage_service.catalog import Catalog, explain, summaries
from usage_service.errors import NotFound

from .explained import explained


def test_list_has_ordered_line_per_service(catalog: Catalog) -> None:
    lines = summaries(catalog)
    assert [line["service"] for line in lines] == sorted(service.id for service in catalog.services)


def test_list_line_counts_service_contents(operator_catalog: Catalog) -> None:
    (line,) = [line for line in summaries(operator_catalog) if line["service"] == "VOTING"]
    assert line["title"] == "Televoting"
    assert (line["code_list"], line["event_types"], line["properties"]) == ("custom", 1, 1)


def test_explanation_covers_everything_about_service(operator_catalog: Catalog, data: Path) -> None:
    golden = (data / "voting_explained.json").read_text(encoding="utf-8")
    assert explained(operator_catalog, "VOTING_TEST") == golden


def test_every_explanation_is_plain_data(catalog: Catalog) -> None:
    for service in catalog.services:
        explanation = explain(catalog, service.id)
        assert json.loads(json.dumps(explanation)) == explanation


def test_chosen_values_distinguished_from_published(catalog: Catalog) -> None:
    properties = {item["name"]: item for item in explain(catalog, "PX21_CN_IMS")["properties"]}
    basis = {known["value"]: known["basis"] for known in properties["CALL_EVENTS"]["values"]}
    assert basis["called_number"] == "documented"
    assert basis["busy"] == "chosen"


def test_an_unknown_service_cannot_be_explained(catalog: Catalog) -> None:
    with pytest.raises(NotFound):
        explain(catalog, "UNKNOWN")
