"""What is worth a remark about a record."""

import pytest
from hypothesis import given

from usage_service.catalog import Catalog
from usage_service.catalog.catalog import MAX_NAME_LENGTH_IN_REMARKS, MAX_NAMES_IN_REMARKS
from usage_service.errors import NotFound
from usage_service.record import UsageRecord

from .records import CATALOG, record_of, records


def test_known_names_raise_no_warning(catalog: Catalog) -> None:
    assert catalog.check(record_of("REQUESTER", "CALLER", "CALLED_PARTY")) == ()


def test_unknown_service_is_only_warning(catalog: Catalog) -> None:
    assert catalog.check(record_of("COLOUR", service="UNKNOWN", code=99)) == ("unknown_service",)


def test_every_unknown_name_raises_warning(catalog: Catalog) -> None:
    remarks = catalog.check(record_of("COLOUR", "CALLER", event_type="Sing", code=99))
    assert remarks == ("unknown_event_type", "unknown_code", "unknown_property:COLOUR")


def test_spelling_is_matched_exactly(catalog: Catalog) -> None:
    assert catalog.check(record_of("Requester")) == ("unknown_property:Requester",)


def test_other_event_types_property_is_unknown(catalog: Catalog) -> None:
    record = record_of("CALL_EVENTS", service="PX21_CN_IMS", event_type="StopCallNotification")
    assert catalog.check(record) == ("unknown_property:CALL_EVENTS",)


def test_open_property_list_accepts_any_name(catalog: Catalog) -> None:
    record = record_of("COLOUR", service="PX21_SMS_SMPP", event_type="sendSms")
    assert catalog.check(record) == ()


def test_event_type_open_in_closed_service(catalog: Catalog) -> None:
    open_one = record_of("COLOUR", service="PX21_TPC_PARLAY", event_type="getCallInformation")
    closed_one = record_of("COLOUR", service="PX21_TPC_PARLAY", event_type="makeCall")
    assert catalog.check(open_one) == ()
    assert catalog.check(closed_one) == ("unknown_property:COLOUR",)


def test_open_event_types_keep_closed_properties(catalog: Catalog) -> None:
    record = record_of("INPUT_URI", "COLOUR", service="PX21_ALM_XCAP", event_type="queryMembers")
    assert catalog.check(record) == ("unknown_property:COLOUR",)


def test_service_without_published_records_accepts_anything(catalog: Catalog) -> None:
    assert catalog.check(record_of("X", service="PX21_AC_IMS", event_type="play", code=77)) == ()


def test_request_fields_accepted_as_properties(catalog: Catalog) -> None:
    assert catalog.check(record_of("service", "eventType", "code")) == ()


def test_policies_passed_through_are_known_everywhere(catalog: Catalog) -> None:
    assert catalog.check(record_of("CALLER", "usage.tariff")) == ()


def test_repeated_unknown_name_warns_once(catalog: Catalog) -> None:
    assert catalog.check(record_of("B", "A", "B")) == ("unknown_property:B", "unknown_property:A")


def test_warnings_limited_in_number_and_length(catalog: Catalog) -> None:
    remarks = catalog.check(record_of("N" * 250, *(f"N{number}" for number in range(9))))
    assert len(remarks) == MAX_NAMES_IN_REMARKS + 1
    assert remarks[0] == f"unknown_property:{'N' * (MAX_NAME_LENGTH_IN_REMARKS - 1)}…"
    assert remarks[-1] == "more_unknown_properties:5"


def test_an_alias_is_the_same_service(catalog: Catalog) -> None:
    assert catalog.service("Payment_PostPaid_IMS") is catalog.service("PX21_PAY_POSTPAID")
    assert "Payment_PostPaid_IMS" in catalog


def test_unknown_service_lookup_is_not_found(catalog: Catalog) -> None:
    with pytest.raises(NotFound, match="UNKNOWN"):
        catalog.service("UNKNOWN")


@given(records)
def test_checking_never_fails_and_says_little(record: UsageRecord) -> None:
    remarks = CATALOG.check(record)
    assert remarks == tuple(map(str, CATALOG.remarks(record)))
    assert len(remarks) <= MAX_NAMES_IN_REMARKS + 3
    assert all(len(remark) <= len("unknown_property:") + MAX_NAME_LENGTH_IN_REMARKS for remark in remarks)
