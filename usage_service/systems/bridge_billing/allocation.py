"""Which customer, which cost centre, which user pays for a line; or why there is no payer yet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

from usage_service.systems.bridge_billing.accounts import AccountKey, Customer, ServiceAccount
from usage_service.systems.bridge_billing.assignments import Assignment, History
from usage_service.systems.bridge_billing.cdr import CdrLine, Rejected
from usage_service.systems.bridge_billing.periods import Period


class Mode(Enum):
    """Whose moment decides when the cost centre changed inside a period."""

    BY_USAGE_TIME = "by_usage_time"  # each line goes to the assignment valid when its use began
    ONE_PER_USER = "one_per_user"  # all lines of an account go to the assignment valid when the period ends


class Reason(Enum):
    """Why a line waits in suspense."""

    UNKNOWN_EXTERNAL_ID = "unknown_external_id"  # not the default's business: the customer is unknown too
    NO_CUSTOMER = "no_customer"
    BAD_ROW = "bad_row"


class AggregateKey(NamedTuple):
    """What is added up together. Currencies are never mixed."""

    customer_id: str
    sequencenumber: str
    user_key: str
    currency: str


@dataclass(frozen=True, slots=True)
class Charge:
    """A line with a payer."""

    line: CdrLine
    key: AggregateKey
    assignment: Assignment | None  # None: no cost centre was assigned, the customer's default pays


@dataclass(frozen=True, slots=True)
class Suspended:
    """A line that has no payer yet."""

    item: CdrLine | Rejected
    reason: Reason


Outcome = Charge | Suspended


class Directory(Protocol):
    """Who is who at the time of a run. Must not change while the run lasts."""

    def account(self, key: AccountKey) -> ServiceAccount | None:
        """The account by the operator's id, compared as exact text."""

    def customer(self, customer_id: str) -> Customer | None:
        """The customer by its id."""

    def history(self, key: AccountKey) -> History | None:
        """The account's assignments."""


class Snapshot:
    """A directory held in memory: rows read once, before a run."""

    def __init__(
        self, accounts: Iterable[ServiceAccount], customers: Iterable[Customer], histories: Iterable[History]
    ) -> None:
        self.accounts: Mapping[AccountKey, ServiceAccount] = {account.key: account for account in accounts}
        self.customers: Mapping[str, Customer] = {customer.customer_id: customer for customer in customers}
        self.histories: Mapping[AccountKey, History] = {history.account: history for history in histories}

    def account(self, key: AccountKey) -> ServiceAccount | None:
        """The account by the operator's id."""
        return self.accounts.get(key)

    def customer(self, customer_id: str) -> Customer | None:
        """The customer by its id."""
        return self.customers.get(customer_id)

    def history(self, key: AccountKey) -> History | None:
        """The account's assignments."""
        return self.histories.get(key)


def allocate(item: CdrLine | Rejected, directory: Directory, period: Period, mode: Mode) -> Outcome:
    """Who pays for a line. Never guesses: what is not known goes to suspense with its reason."""
    if isinstance(item, Rejected):
        return Suspended(item, Reason.BAD_ROW)
    account = directory.account(item.account)
    if account is None:
        return Suspended(item, Reason.UNKNOWN_EXTERNAL_ID)
    customer = directory.customer(account.customer_id)
    if customer is None:
        return Suspended(item, Reason.NO_CUSTOMER)
    history = directory.history(item.account)
    moment = item.start if mode is Mode.BY_USAGE_TIME else period.last_instant
    assignment = history.at(moment) if history is not None else None
    sequencenumber = (assignment and assignment.sequencenumber) or customer.default_sequencenumber
    key = AggregateKey(customer.customer_id, sequencenumber, account.user_key, item.currency)
    return Charge(item, key, assignment)
