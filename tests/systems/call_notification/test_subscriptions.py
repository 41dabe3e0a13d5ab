"""Which subscriptions are accepted, and with which Parlay X fault others are refused."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from usage_service.systems.call_notification.events import DIRECTED_EVENTS, CallEvent
from usage_service.systems.call_notification.faults import (
    InvalidChoice,
    InvalidInput,
    NoValidAddresses,
    ParlayXFault,
    TooManyAddresses,
)
from usage_service.systems.call_notification.subscriptions import StartRequest, subscribe
from usage_service.systems.call_notification.versions import CallbackVersion, SubscriptionKind

REQUEST = StartRequest(
    kind=SubscriptionKind.NOTIFICATION,
    correlator="c1",
    endpoint="http://app/cn",
    interface_name="CallNotification",
    addresses=["tel:+4681234"],
    criteria=["Busy"],
    callback=CallbackVersion.V3_2,
    requester="alice",
    received=datetime(2026, 1, 2, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"correlator": ""}, InvalidInput("correlator")),
        ({"endpoint": ""}, InvalidInput("endpoint")),
        ({"endpoint": "ftp://app/cn"}, InvalidInput("endpoint")),
        ({"endpoint": "http://[app/cn"}, InvalidInput("endpoint")),
        (
            {"criteria": ["busy"]},
            InvalidChoice("criteria", "CalledNumber, Busy, NotReachable, NoAnswer, Answer"),
        ),
        (
            {"criteria": ["Disconnected"]},
            InvalidChoice("criteria", "CalledNumber, Busy, NotReachable, NoAnswer, Answer"),
        ),
        ({"addresses": []}, NoValidAddresses("addresses")),
        ({"addresses": ["tel:+4681234", "tel:*"]}, NoValidAddresses("addresses")),
        ({"addresses": ["tel:1"] * 1001}, TooManyAddresses("addresses")),
    ],
)
def test_invalid_part_is_rejected_with_fault(change: dict[str, object], fault: ParlayXFault) -> None:
    with pytest.raises(type(fault)) as caught:
        subscribe(replace(REQUEST, **change))
    assert caught.value.variables == fault.variables


def test_no_criteria_means_all_version_events() -> None:
    assert subscribe(replace(REQUEST, criteria=[])).events == CallbackVersion.V3_2.events


def test_direction_accepts_only_directable_events() -> None:
    request = replace(REQUEST, kind=SubscriptionKind.DIRECTION)
    assert subscribe(replace(request, criteria=[])).events == DIRECTED_EVENTS
    with pytest.raises(InvalidChoice):
        subscribe(replace(request, criteria=["Answer"]))


def test_correlator_is_kept_byte_for_byte() -> None:
    assert subscribe(replace(REQUEST, correlator=" C1\u00e9 ")).correlator == " C1\u00e9 "


def test_claims_overlap_however_addresses_are_written() -> None:
    other = subscribe(replace(REQUEST, addresses=["tel:+46-8-1234"], criteria=[]))
    assert set(subscribe(REQUEST).claims()) < set(other.claims())


def test_notification_and_direction_claims_never_overlap() -> None:
    other = subscribe(replace(REQUEST, kind=SubscriptionKind.DIRECTION))
    assert set(subscribe(REQUEST).claims()).isdisjoint(other.claims())


def test_duplicate_address_claims_its_events_once() -> None:
    subscription = subscribe(replace(REQUEST, addresses=["tel:+4681234", "tel:+46-81234"]))
    assert [(claim.address_key, claim.event) for claim in subscription.claims()] == [("tel:+4681234", CallEvent.BUSY)]
