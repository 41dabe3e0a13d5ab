"""Which policy a recording point has."""

import pytest

from usage_service import catalog
from usage_service.client.policy import FailPolicies, FailPolicy, policies_from_text
from usage_service.errors import ConfigurationError

RULES = policies_from_text({"A/one": "require", "A/*": "off"})


@pytest.mark.parametrize(
    ("service", "event_type", "policy"),
    [
        ("A", "one", FailPolicy.REQUIRE),
        ("A", "two", FailPolicy.OFF),
        ("PX21_PAY_POSTPAID", "chargeAmount", FailPolicy.REQUIRE),
        ("PX21_PAY_POSTPAID", "chargeAmountResults", FailPolicy.SPOOL),
        ("NOBODY", "anything", FailPolicy.SPOOL),
    ],
)
def test_rules_come_before_the_catalogue_and_that_before_the_default(
    service: str, event_type: str, policy: FailPolicy
) -> None:
    assert FailPolicies(RULES, catalog=catalog.load()).policy(service, event_type) is policy


@pytest.mark.parametrize("rules", [{"A": "off"}, {"A/": "off"}, {"A/one": "maybe"}])
def test_a_rule_that_makes_no_sense_is_refused(rules: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        policies_from_text(rules)
