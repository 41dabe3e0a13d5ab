"""The page of the catalog shows all of it."""

from usage_service.catalog import Catalog
from usage_service.catalog.document import render


def test_page_lists_services_event_types_properties(catalog: Catalog) -> None:
    page = render(catalog)
    for service in catalog.services:
        names = [
            service.id,
            *(event.name for event in service.events),
            *(item.name for item in service.properties),
        ]
        assert [name for name in names if f"`{name}`" not in page] == []


def test_bar_is_escaped_in_table(operator_catalog: Catalog) -> None:
    assert "who voted (subscriber\\|guest)" in render(operator_catalog)
