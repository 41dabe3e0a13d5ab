"""Which policy a recording point has."""

import pytest

from usage_service import catalog
from usage_service.client import FailPolicies, FailPolicy

RULES = {("A", "one"): FailPolicy.BLOCK, ("A", "*"): FailPolicy.OFF}


@pytest.mark.parametrize(
    ("service", "event_type", "policy"),
    [
        ("A", "one", FailPolicy.BLOCK),
        ("A", "two", FailPolicy.OFF),
        ("PX21_PAY_POSTPAID", "chargeAmount", FailPolicy.BLOCK),
        ("PX21_PAY_POSTPAID", "chargeAmountResults", FailPolicy.CONTINUE),
        ("UNKNOWN", "anything", FailPolicy.CONTINUE),
    ],
)
def test_rules_before_catalog_before_default(service: str, event_type: str, policy: FailPolicy) -> None:
    assert FailPolicies(RULES, catalog=catalog.load(of_systems=())).policy(service, event_type) is policy
