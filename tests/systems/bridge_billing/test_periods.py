"""A month begins and ends at midnight where the bills are written."""

from zoneinfo import ZoneInfo

import pytest

from tests.systems.bridge_billing.vectors import at
from usage_service.errors import InvalidValue
from usage_service.systems.bridge_billing.periods import Period, month


def test_month_includes_start_excludes_end() -> None:
    december = month("2012-12")
    assert at("2012-12-01") in december
    assert december.last_instant in december
    assert december.end == at("2013-01-01")
    assert december.end not in december


def test_month_is_local_to_billing_zone() -> None:
    october = month("2012-10", ZoneInfo("Europe/Stockholm"))
    assert (october.start, october.end) == (at("2012-09-30T22:00:00"), at("2012-10-31T23:00:00"))


@pytest.mark.parametrize("name", ["2012-13", "2012-1", "12-10", "2012-10-01", ""])
def test_invalid_month_text_is_rejected(name: str) -> None:
    with pytest.raises(InvalidValue, match="YYYY-MM"):
        month(name)


def test_a_period_ends_after_it_starts() -> None:
    with pytest.raises(InvalidValue, match="must end after"):
        Period(name="none", start=at("2012-10-01"), end=at("2012-10-01"))
