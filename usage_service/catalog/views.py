"""The catalog as plain data, ready for a table or for JSON: what `usage-service catalog` shows."""

from typing import TypedDict

from usage_service.catalog.catalog import Catalog
from usage_service.catalog.model import EventType, KnownValue, PropertyDefinition, Service


class ServiceSummary(TypedDict):
    """One line of the list of services."""

    service: str
    title: str
    published: bool
    code_list: str
    event_types: int
    properties: int
    origin: str


class CodeView(TypedDict):
    """One status code."""

    code: int
    meaning: str


class EventTypeView(TypedDict):
    """One event type, with the names of its properties."""

    event_type: str
    description: str
    basis: str
    one_record_per_target: bool
    fail_policy: str
    property_list: str
    properties: list[str]


class ValueView(TypedDict):
    """One known value of a property."""

    value: str
    meaning: str
    basis: str


class PropertyView(TypedDict):
    """One property; `event_types` is empty when every event type carries it."""

    name: str
    description: str
    basis: str
    role: str | None
    event_types: list[str]
    value_list: str
    values: list[ValueView]


class Explanation(TypedDict):
    """Everything the catalog says about a service."""

    service: str
    basis: str
    aliases: list[str]
    title: str
    published: bool
    code_list: str
    codes_listed: str
    codes: list[CodeView]
    event_type_list: str
    event_types: list[EventTypeView]
    property_list: str
    properties: list[PropertyView]
    request_fields: dict[str, str]
    fail_policy: str
    notes: list[str]
    sources: list[str]
    origin: str


def summaries(catalog: Catalog) -> list[ServiceSummary]:
    """One line per service, by service id."""
    return [_summary(service) for service in catalog.services]


def explain(catalog: Catalog, name: str) -> Explanation:
    """All about one service, by id or alias; `NotFound` when the catalog does not know it."""
    service = catalog.service(name)
    return Explanation(
        service=service.id,
        basis=service.id_basis.value,
        aliases=list(service.aliases),
        title=service.title,
        published=service.published,
        code_list=service.codes.kind.value,
        codes_listed=service.codes.listing.value,
        codes=[CodeView(code=code, meaning=text) for code, text in sorted(service.codes.meanings.items())],
        event_type_list=service.event_type_list.value,
        event_types=[_event_type(service, event) for event in service.events],
        property_list=service.property_list.value,
        properties=[_property(item) for item in service.properties],
        request_fields=dict(service.request_fields),
        fail_policy=service.fail_policy.value,
        notes=list(service.notes),
        sources=list(service.sources),
        origin=service.origin,
    )


def _summary(service: Service) -> ServiceSummary:
    return ServiceSummary(
        service=service.id,
        title=service.title,
        published=service.published,
        code_list=service.codes.kind.value,
        event_types=len(service.events),
        properties=len(service.properties),
        origin=service.origin,
    )


def _event_type(service: Service, event: EventType) -> EventTypeView:
    return EventTypeView(
        event_type=event.name,
        description=event.description,
        basis=event.basis.value,
        one_record_per_target=event.one_record_per_target,
        fail_policy=event.fail_policy.value,
        property_list=event.property_list.value,
        properties=[item.name for item in service.properties_of(event.name)],
    )


def _property(item: PropertyDefinition) -> PropertyView:
    return PropertyView(
        name=item.name,
        description=item.description,
        basis=item.basis.value,
        role=None if item.role is None else item.role.value,
        event_types=list(item.events),
        value_list=item.value_list.value,
        values=[_value(known) for known in item.values],
    )


def _value(known: KnownValue) -> ValueView:
    return ValueView(value=known.value, meaning=known.meaning, basis=known.basis.value)
