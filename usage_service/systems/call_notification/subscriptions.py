"""Subscriptions: which application wants to hear about, or decide about, which events of which addresses.

The rules are those of ETSI ES 202 391-3, 8.3 and 8.4. A correlator is compared byte by byte and is unique
among all live subscriptions of the service; an address and event belong to at most one live subscription of a
kind.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from usage_service.systems.call_notification.addresses import Address, parse_address
from usage_service.systems.call_notification.events import DIRECTED_EVENTS, NAMES, CallEvent
from usage_service.systems.call_notification.faults import (
    InvalidChoice,
    InvalidInput,
    NoValidAddresses,
    TooManyAddresses,
)
from usage_service.systems.call_notification.versions import CallbackVersion, SubscriptionKind

MAX_CORRELATOR_LENGTH = 250
MAX_ADDRESSES = 1000
"""Most addresses in one request."""


class Claim(NamedTuple):
    """What only one live subscription can hold. A store keeps these under a unique constraint."""

    kind: SubscriptionKind
    address_key: str
    event: CallEvent


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscription:
    """One accepted start…Notification, in force until its stop…Notification."""

    kind: SubscriptionKind
    correlator: str  # the application's own name for it, opaque
    endpoint: str  # URL of the application
    interface_name: str  # as the application gave it; informational
    addresses: tuple[Address, ...]
    events: frozenset[CallEvent]  # never empty
    callback: CallbackVersion
    requester: str
    principal: str | None = None  # the caller that authenticated, who alone may stop it
    started: datetime  # aware, UTC

    def claims(self) -> tuple[Claim, ...]:
        """Every (address, event) of this subscription once, in a fixed order."""
        keys = dict.fromkeys(address.key for address in self.addresses)
        return tuple(Claim(self.kind, key, event) for key in keys for event in NAMES if event in self.events)


@dataclass(frozen=True, kw_only=True, slots=True)
class StartRequest:
    """A start…Notification as it arrived, nothing checked."""

    kind: SubscriptionKind
    correlator: str
    endpoint: str
    interface_name: str
    addresses: Sequence[str]
    criteria: Sequence[str]  # names of the enumeration; empty for all events
    callback: CallbackVersion
    requester: str
    principal: str | None = None  # who authenticated
    received: datetime  # aware, UTC


@dataclass(frozen=True, kw_only=True, slots=True)
class StopRequest:
    """A stop…Notification as it arrived."""

    kind: SubscriptionKind
    correlator: str
    requester: str
    principal: str | None = None  # who authenticated


def subscribe(request: StartRequest) -> Subscription:
    """The subscription that a request asks for; a `ParlayXFault` when it cannot be granted to anybody."""
    return Subscription(
        kind=request.kind,
        correlator=checked_correlator(request.correlator),
        endpoint=_checked_endpoint(request.endpoint),
        interface_name=request.interface_name,
        addresses=_checked_addresses(request.addresses),
        events=_checked_criteria(request.criteria, possible_events(request.kind, request.callback)),
        callback=request.callback,
        requester=request.requester,
        principal=request.principal,
        started=request.received,
    )


def possible_events(kind: SubscriptionKind, callback: CallbackVersion) -> frozenset[CallEvent]:
    """The events that a subscription can be about."""
    return DIRECTED_EVENTS if kind is SubscriptionKind.DIRECTION else callback.events


def known_events(criteria: Iterable[str], possible: frozenset[CallEvent]) -> frozenset[CallEvent]:
    """The events that criteria name, all possible ones without criteria; unknown names count for nothing."""
    names = tuple(criteria)
    return frozenset(event for event in possible if event.value in names) if names else possible


def checked_correlator(correlator: str) -> str:
    """The correlator, untouched: it is opaque, only emptiness and length can be wrong."""
    if not 0 < len(correlator) <= MAX_CORRELATOR_LENGTH:
        raise InvalidInput("correlator")
    return correlator


def _checked_endpoint(endpoint: str) -> str:
    try:
        parts = urlsplit(endpoint)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise InvalidInput("endpoint")
    return endpoint


def _checked_addresses(texts: Sequence[str]) -> tuple[Address, ...]:
    if not texts:
        raise NoValidAddresses("addresses")
    if len(texts) > MAX_ADDRESSES:
        raise TooManyAddresses("addresses")
    return tuple(map(parse_address, texts))


def _checked_criteria(criteria: Sequence[str], possible: frozenset[CallEvent]) -> frozenset[CallEvent]:
    valid = [event.value for event in NAMES if event in possible]
    if not set(criteria) <= set(valid):
        raise InvalidChoice("criteria", ", ".join(valid))
    return known_events(criteria, possible)
