"""The page in docs/ is the one the data gives."""

from pathlib import Path

import pytest

from usage_service.catalog import Catalog
from usage_service.catalog.document import main, render

PAGE = Path(__file__).parents[2] / "docs" / "catalog.md"


def test_the_page_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    assert PAGE.read_text(encoding="utf-8") == capsys.readouterr().out


def test_every_service_event_type_and_property_is_on_the_page(catalog: Catalog) -> None:
    page = render(catalog)
    for service in catalog.services:
        names = [
            service.id,
            *(event.name for event in service.events),
            *(item.name for item in service.properties),
        ]
        assert [name for name in names if f"`{name}`" not in page] == []


def test_a_bar_does_not_break_a_table(operator_catalog: Catalog) -> None:
    assert "who voted (subscriber\\|guest)" in render(operator_catalog)
