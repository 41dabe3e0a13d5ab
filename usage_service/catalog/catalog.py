"""The event catalog: what the known services write, what is unusual about a record, and how strictly that is judged.

`check` runs for every record, so what a record may hold is worked out once per (service, event type): the
usual record costs one dictionary look-up and two set tests.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import NamedTuple

from usage_service.catalog.model import FailPolicy, Listing, Role, Service
from usage_service.errors import ConfigurationError, InvalidValue, NotFound
from usage_service.record import UsageRecord

PASS_THROUGH_PREFIX = "usage."
"""Policies of this prefix are copied into any record (IBM TWSS 7.1, Service policy naming conventions)."""

MAX_NAMES_IN_REMARKS = 5
MAX_NAME_LENGTH_IN_REMARKS = 80

_name_of = itemgetter(0)  # of a Property; faster than attribute access on the hot path


class Remark(NamedTuple):
    """One unusual thing about a record: a kind to count by, and what it is about."""

    kind: str  # unknown_service, unknown_event_type, unknown_code, unknown_property, more_unknown_properties
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.detail}" if self.detail else self.kind


@dataclass(frozen=True, kw_only=True, slots=True)
class _Expectation:
    """What a record of one service and event type may hold; None: anything."""

    event_known: bool
    codes: frozenset[int] | None
    names: frozenset[str] | None

    def met_by(self, record: UsageRecord) -> bool:
        return (
            self.event_known
            and (self.codes is None or record.code in self.codes)
            and (self.names is None or self.names.issuperset(map(_name_of, record.properties)))
        )


class Catalog:
    """The services that the catalog knows, by id and by alias. Immutable; share one between threads."""

    def __init__(self, services: Iterable[Service]) -> None:
        self.services = tuple(sorted(services, key=lambda service: service.id))
        self._by_name = _index(self.services)
        self._unlisted = {name: _expect_unlisted(service) for name, service in self._by_name.items()}
        self._expected = {
            (name, event.name): _expect(service, event.name, event.property_list)
            for name, service in self._by_name.items()
            for event in service.events
        }

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def service(self, name: str) -> Service:
        """The service of this id or alias; `NotFound` when the catalog does not know it."""
        try:
            return self._by_name[name]
        except KeyError:
            raise NotFound("service in the catalog named", name) from None

    def check(self, record: UsageRecord) -> tuple[str, ...]:
        """What is unusual about a record, as texts like `unknown_property:COLOUR`; empty if all is known."""
        expected = self._expectation(record)
        if expected is not None and expected.met_by(record):
            return ()
        return tuple(map(str, self.remarks(record)))

    def remarks(self, record: UsageRecord) -> Iterator[Remark]:
        """What is unusual about a record, most telling first; a bounded number of bounded length."""
        expected = self._expectation(record)
        if expected is None:
            yield Remark("unknown_service")
            return
        if not expected.event_known:
            yield Remark("unknown_event_type")
        if expected.codes is not None and record.code not in expected.codes:
            yield Remark("unknown_code")
        if expected.names is not None:
            yield from _unknown_properties(record, expected.names)

    def meaning(self, service: str, code: int) -> str | None:
        """What a status code means in that service; None when service or code is unknown."""
        known = self._by_name.get(service)
        return None if known is None else known.codes.meanings.get(code)

    def property_for(self, service: str, role: Role) -> str | None:
        """The name that service uses for the requester, the caller, …; None when unknown."""
        known = self._by_name.get(service)
        return None if known is None else known.property_for(role)

    def fail_policy(self, service: str, event_type: str) -> FailPolicy:
        """The preset for a recording point that cannot write its record; `continue` for the unknown."""
        known = self._by_name.get(service)
        if known is None:
            return FailPolicy.CONTINUE
        event = known.event(event_type)
        return known.fail_policy if event is None else event.fail_policy

    def _expectation(self, record: UsageRecord) -> _Expectation | None:
        """What a record like this one may hold; None for an unknown service."""
        listed = self._expected.get((record.service, record.event_type))
        return self._unlisted.get(record.service) if listed is None else listed


def _index(services: Iterable[Service]) -> dict[str, Service]:
    index: dict[str, Service] = {}
    for service in services:
        for name in service.names:
            if name in index:
                raise ConfigurationError(f"catalog: {name} names both {index[name].title} and {service.title}")
            index[name] = service
    return index


def _expect(service: Service, event_type: str, property_list: Listing) -> _Expectation:
    names = (item.name for item in service.properties_of(event_type))
    return _Expectation(
        event_known=True, codes=_known_codes(service), names=_known_names(service, names, property_list)
    )


def _expect_unlisted(service: Service) -> _Expectation:
    """For an event type that the catalog does not name: any property of the service will do."""
    names = (item.name for item in service.properties)
    return _Expectation(
        event_known=service.event_type_list is Listing.OPEN,
        codes=_known_codes(service),
        names=_known_names(service, names, service.property_list),
    )


def _known_codes(service: Service) -> frozenset[int] | None:
    return None if service.codes.listing is Listing.OPEN else frozenset(service.codes.meanings)


def _known_names(service: Service, names: Iterable[str], property_list: Listing) -> frozenset[str] | None:
    """The vendor's lists repeat some request fields among the properties; sending them twice is tolerated."""
    return None if property_list is Listing.OPEN else frozenset((*names, *service.request_fields))


def _unknown_properties(record: UsageRecord, known: frozenset[str]) -> Iterator[Remark]:
    """Each unknown name once, in the record's order; the rest as a number."""
    names = dict.fromkeys(name for name, _ in record.properties)
    unknown = [name for name in names if name not in known and not name.startswith(PASS_THROUGH_PREFIX)]
    for name in unknown[:MAX_NAMES_IN_REMARKS]:
        yield Remark("unknown_property", _shortened(name))
    if len(unknown) > MAX_NAMES_IN_REMARKS:
        yield Remark("more_unknown_properties", str(len(unknown) - MAX_NAMES_IN_REMARKS))


def _shortened(name: str) -> str:
    return name if len(name) <= MAX_NAME_LENGTH_IN_REMARKS else name[: MAX_NAME_LENGTH_IN_REMARKS - 1] + "…"


class Mode(StrEnum):
    """What happens to a record that holds names the catalog does not know."""

    OFF = "off"  # it is not checked
    WARN = "warn"  # it is stored with remarks
    ENFORCE = "enforce"  # it is rejected


_REJECTIONS: dict[str, tuple[str, str]] = {
    "unknown_service": ("service", "{service} is not in the event catalog"),
    "unknown_event_type": ("eventType", "{event_type} is not an event type of {service}"),
    "unknown_code": ("code", "{code} is not a status code of {service}"),
    "unknown_property": ("serviceAttributes", "{detail} is not a property of {service} {event_type}"),
}
"""Kind of remark → the request's field at fault, and what is wrong with it."""


class Gate:
    """Checks each record as strictly as its service's mode asks."""

    def __init__(self, catalog: Catalog, modes: Mapping[str, Mode], default: Mode = Mode.WARN) -> None:
        self._catalog = catalog
        self._default = default
        self._modes = _with_aliases(catalog, modes)

    def mode(self, service: str) -> Mode:
        """The mode in force for a value of the field `service`."""
        return self._modes.get(service, self._default)

    def admit(self, record: UsageRecord) -> tuple[str, ...]:
        """The remarks about a record; with `enforce`, a remark is an `InvalidValue` naming the field."""
        mode = self.mode(record.service)
        if mode is Mode.OFF:
            return ()
        remarks = self._catalog.check(record)
        if remarks and mode is Mode.ENFORCE:
            raise _rejection(record, next(self._catalog.remarks(record)))
        return remarks


def _with_aliases(catalog: Catalog, modes: Mapping[str, Mode]) -> dict[str, Mode]:
    """A mode set for a service holds for its aliases too, unless they have one of their own."""
    inherited = {
        alias: mode for name, mode in modes.items() if name in catalog for alias in catalog.service(name).names
    }
    return {**inherited, **modes}


def _rejection(record: UsageRecord, remark: Remark) -> InvalidValue:
    field, problem = _REJECTIONS[remark.kind]
    return InvalidValue(
        field,
        problem.format(service=record.service, event_type=record.event_type, code=record.code, detail=remark.detail),
    )
