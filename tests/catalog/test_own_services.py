"""What the service writes itself, of calls, meetings and bills, is in the catalog as it writes it."""

from dataclasses import replace

import pytest

from tests.systems.bridge_billing.test_usage import charged
from tests.systems.bridge_billing.vectors import at, cdr
from tests.systems.genesys.conftest import ended_interaction
from tests.systems.pexip.building import RULES, conference_row, disconnect, usages_of
from usage_service.catalog import Catalog
from usage_service.record import UsageRecord
from usage_service.systems.bridge_billing.usage import usage_record
from usage_service.systems.genesys.usage import usage_records
from usage_service.systems.pexip.calls import Calls


def of_genesys() -> list[UsageRecord]:
    return list(usage_records(ended_interaction()))


def of_pexip() -> list[UsageRecord]:
    calls = Calls()
    calls.apply(disconnect("u", service_tag="tag", call_tag="cc"))
    calls.apply_conference_row(conference_row("c", 0, 60))
    return [found.record for found in usages_of(calls, RULES) if found.record is not None]


def of_billing() -> list[UsageRecord]:
    whole = replace(
        cdr("0012345", "2012-10-05", "100.10"),
        conference_id="8812",
        end=at("2012-10-06"),
        minutes=1,
        quantity=1,
        tax=1,
        rate=1,
        participant="p",
        calling_number="1",
        called_number="2",
        access_type="toll",
        billing_code="b",
    )
    return [usage_record(charged(whole))]


OWN = {
    "GENESYS_CALL": of_genesys,
    "GENESYS_INTERACTION": of_genesys,
    "PEXIP_PARTICIPANT": of_pexip,
    "PEXIP_CONFERENCE": of_pexip,
    "pgi": of_billing,
}


@pytest.mark.parametrize("service", OWN)
def test_written_names_are_all_known(catalog: Catalog, service: str) -> None:
    written = [record for record in OWN[service]() if record.service == service]
    named = {item.name for item in catalog.service(service).properties}
    assert written
    for record in written:
        assert catalog.check(record) == ()
        assert {name for name, _ in record.properties if not name.startswith("serviceTag.")} <= named


def test_bill_has_every_catalog_property(catalog: Catalog) -> None:
    (record,) = of_billing()
    assert {name for name, _ in record.properties} == {item.name for item in catalog.service("pgi").properties}
