"""An assignment in effect that nobody confirmed for long is reported, whether it was used or not."""

from datetime import timedelta

from tests.systems.bridge_billing.vectors import A, at, history_of_a
from usage_service.systems.bridge_billing.assignments import Missed
from usage_service.systems.bridge_billing.staleness import Unconfirmed, unconfirmed

NINETY_DAYS = timedelta(days=90)


def test_an_assignment_is_stale_after_its_maximum_age_and_not_before() -> None:
    history = history_of_a()
    seen = history.rows[1].seen_at
    assert list(unconfirmed([history], seen + NINETY_DAYS, NINETY_DAYS)) == []
    late = seen + NINETY_DAYS + timedelta(seconds=1)
    assert list(unconfirmed([history], late, NINETY_DAYS)) == [Unconfirmed(A, history.rows[1])]


def test_a_value_missing_at_the_last_login_is_reported_at_once() -> None:
    history = history_of_a().apply([Missed(2, at("2012-10-18"))])
    assert [each.assignment.number for each in unconfirmed([history], at("2012-10-18"), NINETY_DAYS)] == [2]


def test_an_account_without_an_assignment_in_effect_is_not_reported() -> None:
    assert list(unconfirmed([history_of_a()], at("2012-09-30"), NINETY_DAYS)) == []
