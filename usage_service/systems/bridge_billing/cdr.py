"""One chargeable row of the operator's file, or the reason why it is none."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from usage_service.errors import InvalidValue
from usage_service.systems.bridge_billing.accounts import AccountKey, check_text, check_utc
from usage_service.systems.bridge_billing.money import is_amount


class Position(NamedTuple):
    """Where a row stands, and through which layout it was read."""

    file_sha256: str
    sheet: str
    row: int  # the row number a person sees in the spreadsheet, from 1
    layout: str  # name, version and hash of the layout


@dataclass(frozen=True, kw_only=True, slots=True)
class CdrLine:
    """What the operator charges for one use of a bridge."""

    position: Position
    account: AccountKey
    start: datetime  # UTC; decides which assignment pays
    amount: Decimal  # may be negative: a credit
    currency: str
    conference_id: str | None = None  # the reservation or bridge the use belongs to
    end: datetime | None = None  # UTC
    minutes: Decimal | None = None  # as billed
    quantity: Decimal | None = None  # ports or participants
    participant: str | None = None
    calling_number: str | None = None  # ANI
    called_number: str | None = None  # DNIS
    access_type: str | None = None  # toll, toll free, …
    billing_code: str | None = None  # what the operator thinks the cost centre is; a cross-check, never a source
    tax: Decimal | None = None
    rate: Decimal | None = None
    raw: str = "{}"  # the whole row as a JSON object: heading → text
    remarks: tuple[str, ...] = ()  # what was unusual about it

    def __post_init__(self) -> None:
        check_text("externalId", self.account.external_id)
        check_text("currency", self.currency)
        check_utc("start", self.start)
        _check_amount(self.amount)

    @property
    def row_hash(self) -> str:
        """SHA-256 of the raw row: tells whether a corrected file changed it."""
        return hashlib.sha256(self.raw.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """A row that should be a line and cannot be; kept with all that could be read of it."""

    position: Position
    reason: str
    amount: Decimal | None = None  # None: not even the amount could be read, so no total can hold it
    currency: str | None = None
    raw: str = "{}"

    def __post_init__(self) -> None:
        if self.amount is not None:
            _check_amount(self.amount)


def _check_amount(amount: Decimal) -> None:
    if not is_amount(amount):
        raise InvalidValue("amount", "must have at most 15 digits before the point and 20 after it")
