"""A login says whether the user may cause costs and which cost centre pays."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.systems.bridge_billing.vectors import KTH
from usage_service.errors import ConfigurationError
from usage_service.systems.bridge_billing.login import (
    LoginRules,
    customer_of,
    from_saml,
    from_shibboleth,
    read_login,
    split_values,
)

RULES = LoginRules(entitlement_value="urn:x-example:pgi")
DEPARTMENT = "urn:oid:2.16.840.1.113730.3.1.2"
ENTITLEMENT = "urn:oid:1.3.6.1.4.1.5923.1.1.1.7"


def test_values_split_only_at_unescaped_semicolons() -> None:
    assert split_values("20\\;x;30") == ("20;x", "30")


@pytest.mark.parametrize("text", ["", "(null)", ";;", " ; (null) ;"])
def test_absent_values_are_dropped(text: str) -> None:
    assert split_values(text) == ()


def test_saml_assertion_gives_entitlement_and_centre() -> None:
    facts = read_login(from_saml({DEPARTMENT: ["30"], ENTITLEMENT: ["urn:x-example:pgi", "other"]}), RULES)
    assert (facts.entitled, facts.cost_centre) == (True, "30")


def test_semicolons_in_saml_values_are_kept() -> None:
    group = "sunet:pgi;attr=value"
    facts = read_login(from_saml({ENTITLEMENT: group}), replace(RULES, entitlement_value=group))
    assert facts.entitled


def test_a_shibboleth_environment_gives_the_same() -> None:
    meta = {"departmentNumber": "30", "entitlement": "a\\;b;urn:x-example:pgi", "wsgi.input": object()}
    facts = read_login(from_shibboleth(meta), RULES)
    assert (facts.entitled, facts.cost_centre) == (True, "30")


def test_request_headers_are_not_believed() -> None:
    meta = {"HTTP_ENTITLEMENT": "urn:x-example:pgi", "HTTP_DEPARTMENTNUMBER": "30"}
    rules = replace(
        RULES, entitlement_attributes=("HTTP_ENTITLEMENT",), cost_centre_attributes=("HTTP_DEPARTMENTNUMBER",)
    )
    facts = read_login(from_shibboleth(meta), rules)
    assert (facts.entitled, facts.cost_centre) == (False, None)


def test_value_under_two_names_counts_once() -> None:
    facts = read_login(from_saml({DEPARTMENT: ["30"], "departmentNumber": ["30"]}), RULES)
    assert facts.cost_centre == "30"


def test_none_of_several_cost_centres_is_picked() -> None:
    assert read_login(from_saml({DEPARTMENT: ["20", "30"]}), RULES).cost_centre is None


@pytest.mark.parametrize("value", ["urn:x-example:PGI", "urn:x-example:pgi2", "xurn:x-example:pgi"])
def test_an_entitlement_is_compared_exactly(value: str) -> None:
    assert not read_login(from_saml({ENTITLEMENT: [value]}), RULES).entitled


def test_without_an_entitlement_value_nothing_starts() -> None:
    with pytest.raises(ConfigurationError, match="entitlement_value"):
        LoginRules(entitlement_value=" ")


def test_customer_found_by_provider_then_scope() -> None:
    kth = replace(KTH, entity_ids=frozenset({"https://idp.kth.se"}), scopes=frozenset({"kth.se"}))
    su = replace(KTH, customer_id="SU", scopes=frozenset({"su.se", "kth.se"}))
    assert customer_of([kth, su], "https://idp.kth.se", frozenset({"su.se"})) == kth
    assert customer_of([kth, su], None, frozenset({"su.se"})) == su
    assert customer_of([kth, su], None, frozenset({"kth.se"})) is None
    assert customer_of([kth, su], "https://idp.example", frozenset()) is None


def test_scopes_come_from_scoped_names() -> None:
    facts = read_login(from_saml({"eppn": ["anna@KTH.se"], "affiliation": ["staff@kth.se", "x"]}), RULES)
    assert facts.scopes == {"kth.se"}


VALUES = st.text(st.characters(exclude_characters="\\", exclude_categories=["Cs"]), min_size=1).map(str.strip)


@given(st.lists(VALUES.filter(lambda value: value not in ("", "(null)"))))
def test_escaped_values_survive_round_trip(values: list[str]) -> None:
    assert split_values(";".join(value.replace(";", "\\;") for value in values)) == tuple(values)
