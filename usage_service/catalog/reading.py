"""From a service's TOML file to a `Service`, checked on the way; docs/catalog.md explains the keys."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from usage_service.catalog.model import (
    Basis,
    CodeList,
    CodeListKind,
    EventType,
    FailPolicy,
    KnownValue,
    Listing,
    PropertyDefinition,
    Role,
    Service,
)
from usage_service.catalog.table import Table
from usage_service.record import MAX_CODE, MAX_EVENT_TYPE_LENGTH, MAX_ID_LENGTH, MIN_CODE

SharedCodes = Mapping[CodeListKind, Mapping[int, str]]

_REQUEST_FIELDS = ("globalTransactionID", "service", "eventType", "recordTime", "code")


def read_code_lists(path: Path) -> SharedCodes:
    """The code lists that services share, by kind; `ConfigurationError` names the file and the key."""
    file = Table.open(path)
    shared: dict[CodeListKind, Mapping[int, str]] = {CodeListKind.CUSTOM: {}}
    for kind in (CodeListKind.SMALL, CodeListKind.EXTENDED):
        table = file.table(kind)
        table.text("title")
        table.texts("sources")
        shared[kind] = _meanings(table)
        table.finish()
    file.finish()
    return shared


def read_service(path: Path, shared: SharedCodes, origin: str) -> Service:
    """The service that a file describes; `ConfigurationError` names the file and the key."""
    file = Table.open(path)
    property_list = file.choice("property_list", Listing.CLOSED)
    fail_policy = file.choice("fail_policy", FailPolicy.CONTINUE)
    events = tuple(_events(file.table("event"), property_list, fail_policy))
    service = Service(
        id=_id(file, "id", file.text("id"), MAX_ID_LENGTH),
        id_basis=file.choice("id_basis", Basis.DOCUMENTED),
        aliases=tuple(_id(file, "aliases", alias, MAX_ID_LENGTH) for alias in file.texts("aliases")),
        title=file.text("title"),
        published=file.flag("published", True),
        event_type_list=file.choice("event_type_list", Listing.CLOSED),
        property_list=property_list,
        fail_policy=fail_policy,
        codes=_codes(file.table("codes"), shared),
        events=events,
        properties=tuple(_properties(file.table("property"), {event.name for event in events})),
        request_fields=_request_fields(file),
        notes=file.texts("notes"),
        sources=file.texts("sources"),
        origin=origin,
    )
    file.finish()
    return service


def _id(table: Table, key: str, value: str, longest: int) -> str:
    if not 0 < len(value) <= longest:
        raise table.wrong(key, f"has {len(value)} characters, 1 to {longest} are allowed")
    return value


def _codes(table: Table, shared: SharedCodes) -> CodeList:
    kind = table.choice("list", CodeListKind.CUSTOM)
    meanings = {**shared[kind], **_meanings(table)}
    if not meanings:
        raise table.wrong("meanings", "a custom list needs at least one code")
    codes = CodeList(kind=kind, meanings=MappingProxyType(meanings), listing=table.choice("code_list", Listing.CLOSED))
    table.finish()
    return codes


def _meanings(table: Table) -> dict[int, str]:
    written = table.table("meanings")
    return {_code(written, key): written.text(key) for key in written}


def _code(table: Table, key: str) -> int:
    digits = key.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or not MIN_CODE <= int(key) <= MAX_CODE:
        raise table.wrong(key, "must be a signed 32-bit integer")
    return int(key)


def _events(tables: Table, property_list: Listing, fail_policy: FailPolicy) -> Iterator[EventType]:
    for name in tables:
        table = tables.table(name)
        yield EventType(
            name=_id(tables, name, name, MAX_EVENT_TYPE_LENGTH),
            description=table.text("description"),
            basis=table.choice("basis", Basis.DOCUMENTED),
            property_list=table.choice("property_list", property_list),
            one_record_per_target=table.flag("one_record_per_target", False),
            fail_policy=table.choice("fail_policy", fail_policy),
        )
        table.finish()


def _properties(tables: Table, event_names: set[str]) -> Iterator[PropertyDefinition]:
    taken: set[Role] = set()
    for name in tables:
        table = tables.table(name)
        yield PropertyDefinition(
            name=name,
            description=table.text("description"),
            basis=table.choice("basis", Basis.DOCUMENTED),
            events=_events_of_property(table, event_names),
            role=_role(table, taken),
            value_list=table.choice("value_list", Listing.CLOSED),
            values=(
                *_values(table, "values", Basis.DOCUMENTED),
                *_values(table, "chosen_values", Basis.CHOSEN),
            ),
        )
        table.finish()


def _events_of_property(table: Table, event_names: set[str]) -> tuple[str, ...]:
    events = table.texts("events")
    for event in events:
        if event not in event_names:
            raise table.wrong("events", f"{event!r} is not an event type of this file")
    return events


def _role(table: Table, taken: set[Role]) -> Role | None:
    """The role a property plays; no two properties of a service play the same one."""
    if "role" not in table:
        return None
    role = table.choice("role", Role.REQUESTER)
    if role in taken:
        raise table.wrong("role", f"another property already is the {role}")
    taken.add(role)
    return role


def _values(table: Table, key: str, basis: Basis) -> Iterator[KnownValue]:
    for value, meaning in table.mapping(key).items():
        yield KnownValue(value, meaning, basis)


def _request_fields(file: Table) -> Mapping[str, str]:
    fields = file.mapping("request_fields")
    for name, field in fields.items():
        if field not in _REQUEST_FIELDS:
            raise file.table("request_fields").wrong(name, f"must be one of {', '.join(_REQUEST_FIELDS)}")
    return MappingProxyType(fields)
