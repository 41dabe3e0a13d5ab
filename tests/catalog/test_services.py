"""The packaged files hold what the vendor's topics print, and nothing they do not."""

from pathlib import Path
from typing import NamedTuple

import pytest

from usage_service.catalog import Catalog, FailPolicy, Role
from usage_service.catalog.model import Basis

from .records import record_of
from .test_own_services import OWN


class Point(NamedTuple):
    service: str
    event_type: str
    properties: list[str]


def published_points() -> list[Point]:
    text = (Path(__file__).parent / "data" / "published_properties.txt").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return [Point(service, event, names) for service, event, *names in lines]


every_point = pytest.mark.parametrize("point", published_points(), ids=lambda point: "-".join(point[:2]))


def test_all_published_plus_own_services_only(catalog: Catalog) -> None:
    assert {service.id for service in catalog.services} == {point.service for point in published_points()} | set(OWN)


@every_point
def test_recording_point_has_exactly_published_properties(catalog: Catalog, point: Point) -> None:
    service = catalog.service(point.service)
    listed = service.properties if point.event_type == "*" else service.properties_of(point.event_type)
    printed = [item.name for item in listed if item.basis is not Basis.CHOSEN]
    assert sorted(printed) == sorted(point.properties)


@every_point
def test_all_published_properties_raise_no_warning(catalog: Catalog, point: Point) -> None:
    event_type = point.event_type.replace("*", "someOperation")
    assert catalog.check(record_of(*point.properties, service=point.service, event_type=event_type)) == ()


@every_point
def test_named_event_type_is_in_catalog(catalog: Catalog, point: Point) -> None:
    named = {event.name for event in catalog.service(point.service).events}
    assert point.event_type == "*" or point.event_type in named


def test_services_without_published_records_are_marked(catalog: Catalog) -> None:
    unpublished = {service.id for service in catalog.services if not service.published}
    assert unpublished == {"PX21_AC_IMS", "PX21_MMC_IMS", "PX21_PAY_DIAMETER"}


def test_every_service_names_its_sources(catalog: Catalog) -> None:
    assert [service.id for service in catalog.services if not service.sources] == []


def test_invented_service_id_has_note(catalog: Catalog) -> None:
    invented = [service for service in catalog.services if service.id_basis != "documented"]
    assert len(invented) == 16
    assert all("service id" in " ".join(service.notes) for service in invented)


def test_request_fields_not_listed_as_properties(catalog: Catalog) -> None:
    for service in catalog.services:
        assert not {item.name for item in service.properties} & set(service.request_fields)


@pytest.mark.parametrize(
    ("service", "code", "meaning"),
    [
        ("PX21_CN_IMS", 0, "Operation successful"),
        ("PX21_CN_IMS", 2, None),
        ("PX21_TPC_IMS", 1, "general failure"),
        ("PX21_TPC_IMS", 2, "policy or privacy failure"),
        ("PX21_TPC_PARLAY", 1, "FAILED_PRIVACY"),
        ("PX21_TPC_PARLAY", 2, "FAILED_ADDRESS_PLAN_VALIDATION"),
        ("PX21_SMS_SMPP", 16, "FAILED_TRAFFIC_SHAPING"),
        ("PX21_SMS_SMPP", 17, None),
        ("UNKNOWN", 0, None),
    ],
)
def test_code_translated_by_its_service_list(catalog: Catalog, service: str, code: int, meaning: str | None) -> None:
    assert catalog.meaning(service, code) == meaning


@pytest.mark.parametrize(
    ("service", "role", "name"),
    [
        ("PX21_TPC_IMS", Role.REQUESTER, "REQUESTER"),
        ("PX21_CH_IMS", Role.REQUESTER, "Requester"),
        ("PX21_PAY_POSTPAID", Role.REQUESTER, "REQUESTOR"),
        ("PX21_CN_IMS", Role.CALLER, "CALLER"),
        ("PX21_CN_IMS", Role.CALLED_PARTY, "CALLED_PARTY"),
        ("PX21_PRS_IMS", Role.TARGET, "TARGETS"),
        ("PX21_SMS_SMPP", Role.REQUESTER, None),
        ("UNKNOWN", Role.REQUESTER, None),
    ],
)
def test_role_maps_to_service_property_name(catalog: Catalog, service: str, role: Role, name: str | None) -> None:
    assert catalog.property_for(service, role) == name


@pytest.mark.parametrize(
    ("service", "event_type", "policy"),
    [
        ("PX21_PAY_POSTPAID", "chargeAmount", FailPolicy.BLOCK),
        ("PX21_PAY_POSTPAID", "chargeAmountResults", FailPolicy.CONTINUE),
        ("PX21_PAY_POSTPAID", "reserveAmount", FailPolicy.BLOCK),
        ("PX21_CN_IMS", "StartCallNotification", FailPolicy.CONTINUE),
        ("UNKNOWN", "anything", FailPolicy.CONTINUE),
    ],
)
def test_only_charges_require_stored_record(
    catalog: Catalog, service: str, event_type: str, policy: FailPolicy
) -> None:
    assert catalog.fail_policy(service, event_type) is policy


def test_messages_are_recorded_once_per_target(catalog: Catalog) -> None:
    per_target = {
        (service.id, event.name)
        for service in catalog.services
        for event in service.events
        if event.one_record_per_target
    }
    assert per_target == {
        ("PX21_SMS_SMPP", "sendSms"),
        ("PX21_SMS_SMPP", "sendSmsLogo"),
        ("PX21_SMS_SMPP", "sendSmsRingtone"),
        ("PX21_MM_MM7", "sendMessage"),
    }
