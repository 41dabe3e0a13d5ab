"""Identifiers are exact text, times are UTC, amounts are of a size that sums stay exact with."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tests.systems.bridge_billing.vectors import KTH, A, account, at, cdr
from usage_service.errors import InvalidValue
from usage_service.systems.bridge_billing.accounts import AccountKey
from usage_service.systems.bridge_billing.cdr import Position, Rejected


@pytest.mark.parametrize("text", ["", " ", " 777", "777\n", "7\x007", "777\N{ZERO WIDTH SPACE}"])
def test_incomparable_identifier_is_rejected(text: str) -> None:
    with pytest.raises(InvalidValue, match="externalId"):
        account(AccountKey("pgi", text), "A")
    with pytest.raises(InvalidValue, match="defaultSequencenumber"):
        replace(KTH, default_sequencenumber=text)


def test_a_time_must_be_utc() -> None:
    stockholm = datetime(2012, 10, 1, tzinfo=ZoneInfo("Europe/Stockholm"))
    with pytest.raises(InvalidValue, match="createdAt"):
        replace(account(A, "A"), created_at=stockholm)
    with pytest.raises(InvalidValue, match="start"):
        replace(cdr("777", "2012-10-07", "1"), start=at("2012-10-07").replace(tzinfo=None))


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1E+15", "-1E+300", "1E-21"])
def test_amount_breaking_exact_sums_is_rejected(amount: str) -> None:
    with pytest.raises(InvalidValue, match="amount"):
        cdr("777", "2012-10-07", amount)
    with pytest.raises(InvalidValue, match="amount"):
        Rejected(position=Position("f" * 64, "CDR", 1, "pgi/1"), reason="bad", amount=Decimal(amount))
