"""Which policy a recording point has."""

import pytest

from usage_service import catalog
from usage_service.client import FailPolicies, FailPolicy
from usage_service.registry import catalog_files

RULES = {("A", "one"): FailPolicy.BLOCK, ("A", "*"): FailPolicy.OFF}


@pytest.mark.parametrize(
    ("service", "event_type", "policy"),
    [
        ("A", "one", FailPolicy.BLOCK),
        ("A", "two", FailPolicy.OFF),
        ("PX21_PAY_POSTPAID", "chargeAmount", FailPolicy.BLOCK),
        ("PX21_PAY_POSTPAID", "chargeAmountResults", FailPolicy.CONTINUE),
        ("NOBODY", "anything", FailPolicy.CONTINUE),
    ],
)
def test_rules_come_before_the_catalogue_and_that_before_the_default(
    service: str, event_type: str, policy: FailPolicy
) -> None:
    assert FailPolicies(RULES, catalog=catalog.load(of_systems=catalog_files())).policy(service, event_type) is policy
