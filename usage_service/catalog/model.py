"""What the event catalog says about a service: its event types, status codes and properties.

Plain frozen values, read from TOML files by `reading.py`. Standard library only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Basis(StrEnum):
    """How sure a name is: printed by the source, inferred from it, or chosen by us where it is silent."""

    DOCUMENTED = "documented"
    DERIVED = "derived"
    CHOSEN = "chosen"


class Listing(StrEnum):
    """Whether a list is complete (closed: a further name is worth a remark) or stops early (open)."""

    OPEN = "open"
    CLOSED = "closed"


class Role(StrEnum):
    """What a property means in every service, however the service spells it; the columns of reports."""

    REQUESTER = "requester"
    CALLER = "caller"
    CALLED_PARTY = "called_party"
    TARGET = "target"  # the terminal, user or group that the operation is about


class FailPolicy(StrEnum):
    """What a recording point does when its usage record cannot be written."""

    BLOCK = "block"  # fail the caller's request
    CONTINUE = "continue"  # keep the record for later, raise an alarm, let the caller succeed
    OFF = "off"  # write no record


class CodeListKind(StrEnum):
    """Which list of status codes a service uses: the same number means different things in each."""

    SMALL = "small"  # the three values the contract reserves
    EXTENDED = "extended"  # STATUSCODE of the Direct Connect and Parlay services
    CUSTOM = "custom"  # the service's own


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeList:
    """The status codes of one service and what each means there."""

    kind: CodeListKind
    meanings: Mapping[int, str]
    listing: Listing = Listing.CLOSED


class KnownValue(NamedTuple):
    """One value that a property is known to take."""

    value: str
    meaning: str
    basis: Basis = Basis.DOCUMENTED


@dataclass(frozen=True, kw_only=True, slots=True)
class EventType:
    """A recording point inside a service."""

    name: str
    description: str
    property_list: Listing
    basis: Basis = Basis.DOCUMENTED
    one_record_per_target: bool = False  # a request for n targets writes n records
    fail_policy: FailPolicy = FailPolicy.CONTINUE


@dataclass(frozen=True, kw_only=True, slots=True)
class PropertyDefinition:
    """A property as a service spells it; spelling differs between services and is matched exactly."""

    name: str
    description: str
    events: tuple[str, ...] = ()  # the event types that carry it; empty: every one
    role: Role | None = None
    values: tuple[KnownValue, ...] = ()
    value_list: Listing = Listing.CLOSED  # only says something when values are listed
    basis: Basis = Basis.DOCUMENTED

    def belongs_to(self, event_type: str) -> bool:
        """Whether records of this event type carry the property."""
        return not self.events or event_type in self.events


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """One service implementation that writes usage records."""

    id: str  # what it sends in the field `service`
    title: str
    codes: CodeList
    event_type_list: Listing
    property_list: Listing  # for event types that the catalog does not name
    events: tuple[EventType, ...] = ()
    properties: tuple[PropertyDefinition, ...] = ()
    id_basis: Basis = Basis.DOCUMENTED
    aliases: tuple[str, ...] = ()  # other ids under which the same service writes
    published: bool = True  # False: the vendor names the service and says nothing about its records
    request_fields: Mapping[str, str] = field(default_factory=dict)  # name in the vendor's list → field
    fail_policy: FailPolicy = FailPolicy.CONTINUE  # for event types that the catalog does not name
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    origin: str = "packaged"  # "packaged", or the operator's file

    @property
    def names(self) -> tuple[str, ...]:
        """The id and the aliases: every value of the field `service` that means this service."""
        return (self.id, *self.aliases)

    def event(self, name: str) -> EventType | None:
        """The event type of this name, if the catalog names it."""
        return next((event for event in self.events if event.name == name), None)

    def properties_of(self, event_type: str) -> tuple[PropertyDefinition, ...]:
        """The properties a record of this event type carries, in the catalog's order."""
        return tuple(item for item in self.properties if item.belongs_to(event_type))

    def property_for(self, role: Role) -> str | None:
        """The name this service uses for, say, the requester; None where it has no such property."""
        return next((item.name for item in self.properties if item.role is role), None)
