"""Who pays and who uses: customers and the users' accounts at the bridge operator."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from usage_service.errors import InvalidValue


class AccountKey(NamedTuple):
    """The bridge operator's name for a user. Exact text: 0012345 and 12345 are two accounts."""

    service: str  # the foreign system, for example pgi
    external_id: str  # the id its CDRs carry, for example the PGiConnect id


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceAccount:
    """A user's account at the bridge operator, and the customer who answers for it."""

    key: AccountKey
    user_key: str  # the user, in the application's own words (an eduPersonPrincipalName, say)
    customer_id: str
    created_at: datetime  # UTC
    deactivated_at: datetime | None = None  # UTC; lines may still arrive, operators keep data for a while

    def __post_init__(self) -> None:
        check_text("service", self.key.service)
        check_text("externalId", self.key.external_id)
        check_text("userKey", self.user_key)
        check_text("customerId", self.customer_id)
        check_utc("createdAt", self.created_at)
        if self.deactivated_at is not None:
            check_utc("deactivatedAt", self.deactivated_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class Customer:
    """Who is invoiced."""

    customer_id: str
    default_sequencenumber: str  # takes every cost that is not assigned
    currency: str
    entity_ids: frozenset[str] = frozenset()  # SAML entity ids of the customer's identity providers
    scopes: frozenset[str] = frozenset()  # the part after @ in its users' scoped names

    def __post_init__(self) -> None:
        check_text("customerId", self.customer_id)
        check_text("defaultSequencenumber", self.default_sequencenumber)
        check_text("currency", self.currency)


def check_text(field: str, value: str) -> None:
    """Refuse an identifier that is empty, padded with white space, or holds control characters."""
    if not value or value != value.strip():
        raise InvalidValue(field, "must not be empty or padded with white space")
    if not value.isprintable():
        raise InvalidValue(field, "must not hold control characters")


def check_utc(field: str, moment: datetime) -> None:
    """Refuse a time that is not aware and in UTC."""
    if moment.tzinfo is not UTC:
        raise InvalidValue(field, "must be an aware time in UTC")
