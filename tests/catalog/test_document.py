"""The page of the catalog shows all of it."""

from usage_service.catalog import Catalog
from usage_service.catalog.document import render


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
