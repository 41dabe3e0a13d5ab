"""How strictly each service is held to the catalog."""

import pytest
from hypothesis import given

from usage_service.catalog import Catalog, Gate, Mode
from usage_service.errors import InvalidValue
from usage_service.record import UsageRecord

from .records import CATALOG, record_of, records


def test_warn_by_default_stores_with_warnings(catalog: Catalog) -> None:
    assert Gate(catalog, {}).admit(record_of("COLOUR")) == ("unknown_property:COLOUR",)


def test_off_does_not_look(catalog: Catalog) -> None:
    assert Gate(catalog, {"PX21_TPC_IMS": Mode.OFF}).admit(record_of("COLOUR")) == ()


def test_enforce_lets_known_names_pass(catalog: Catalog) -> None:
    assert Gate(catalog, {}, Mode.ENFORCE).admit(record_of("CALLER")) == ()


@pytest.mark.parametrize(
    ("record", "field", "problem"),
    [
        (record_of(service="UNKNOWN"), "service", "UNKNOWN is not in the event catalog"),
        (record_of(event_type="Sing"), "eventType", "Sing is not an event type of PX21_TPC_IMS"),
        (record_of(code=9), "code", "9 is not a status code of PX21_TPC_IMS"),
        (record_of("COLOUR"), "serviceAttributes", "COLOUR is not a property of PX21_TPC_IMS StartCall"),
    ],
)
def test_enforce_refuses_and_names_the_field(catalog: Catalog, record: UsageRecord, field: str, problem: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        Gate(catalog, {}, Mode.ENFORCE).admit(record)
    assert (refusal.value.field, refusal.value.problem) == (field, problem)


def test_mode_applies_only_to_its_service(catalog: Catalog) -> None:
    gate = Gate(catalog, {"PX21_CH_IMS": Mode.ENFORCE})
    assert gate.admit(record_of("COLOUR")) == ("unknown_property:COLOUR",)


def test_unknown_service_may_have_own_mode(catalog: Catalog) -> None:
    gate = Gate(catalog, {"UNKNOWN": Mode.OFF}, Mode.ENFORCE)
    assert gate.admit(record_of(service="UNKNOWN")) == ()


def test_alias_inherits_mode_unless_set(operator_catalog: Catalog) -> None:
    assert Gate(operator_catalog, {"VOTING": Mode.ENFORCE}).mode("VOTING_TEST") is Mode.ENFORCE
    modes = {"VOTING_TEST": Mode.OFF, "VOTING": Mode.ENFORCE}
    assert Gate(operator_catalog, modes).mode("VOTING_TEST") is Mode.OFF
    assert Gate(operator_catalog, modes).mode("VOTING") is Mode.ENFORCE


@given(records)
def test_warn_never_refuses(record: UsageRecord) -> None:
    assert Gate(CATALOG, {}).admit(record) == CATALOG.check(record)


@given(records)
def test_enforce_refuses_exactly_what_warn_remarks(record: UsageRecord) -> None:
    gate = Gate(CATALOG, {}, Mode.ENFORCE)
    if CATALOG.check(record):
        with pytest.raises(InvalidValue):
            gate.admit(record)
    else:
        assert gate.admit(record) == ()
