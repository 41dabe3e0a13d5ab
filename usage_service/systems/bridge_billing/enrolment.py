"""Who pays and who uses, as applications and operators state it: registration, logins, assignments by hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from usage_service.errors import Busy, Conflict, NotFound
from usage_service.systems.bridge_billing.accounts import AccountKey, Customer, ServiceAccount
from usage_service.systems.bridge_billing.assigning import Assign, Force, Login, WhenMissing, assign, log_in
from usage_service.systems.bridge_billing.assignments import Assignment, Change, History
from usage_service.systems.bridge_billing.books import Books
from usage_service.systems.bridge_billing.closing import require_unbilled

ATTEMPTS = 5
"""How often a change is tried again when another one of the same account came first."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Registers customers and accounts and keeps their cost centres. `clock` gives the time in UTC."""

    books: Books
    clock: Callable[[], datetime]

    def register_customer(self, customer: Customer) -> None:
        """Register a customer, or change what is known of one."""
        self.books.directory.put_customer(customer, self.clock())

    def register_account(self, key: AccountKey, user_key: str, customer_id: str) -> ServiceAccount:
        """Register a user's account; the same again changes nothing.

        Raises `Conflict` when the account belongs to another user: an operator's ids are never given out twice.
        """
        now, known = self.clock(), self.books.directory.account(key)
        if known is None:
            account = ServiceAccount(key=key, user_key=user_key, customer_id=customer_id, created_at=now)
        elif known.user_key != user_key:
            raise Conflict(f"account {key.external_id} of {key.service} belongs to another user")
        else:
            account = replace(known, customer_id=customer_id, deactivated_at=None)
        if account != known:
            self.books.directory.put_account(account, now)
        return account

    def deactivate(self, key: AccountKey) -> ServiceAccount:
        """Note that the account is no longer used; lines that arrive for it are charged and counted as late."""
        account = replace(self._known(key), deactivated_at=self.clock())
        self.books.directory.put_account(account, account.deactivated_at or self.clock())
        return account

    def confirm(self, key: AccountKey, login: Login, when_missing: WhenMissing = WhenMissing.KEEP) -> Assignment | None:
        """What a login says about the cost centre; returns the assignment in effect then."""
        self._known(key)
        return self._change(key, lambda history: log_in(history, login, when_missing)).at(login.at)

    def assign(self, key: AccountKey, wish: Assign, force: Force | None = None) -> History:
        """Give an account a cost centre by hand. Raises `Conflict` when a closed period would change."""
        self._known(key)
        now = self.clock()
        if wish.valid_from < now:
            require_unbilled(self.books.runs.closings(), wish.valid_from)
        return self._change(key, lambda history: assign(history, wish, now=now, force=force))

    def _known(self, key: AccountKey) -> ServiceAccount:
        account = self.books.directory.account(key)
        if account is None:
            raise NotFound(f"{key.service} account", key.external_id)
        return account

    def _change(self, key: AccountKey, decide: Callable[[History], Sequence[Change]]) -> History:
        """Decide on what is known and add it, unless another process was quicker: then decide again."""
        for _ in range(ATTEMPTS):
            before = self.books.directory.recorded(key)
            changes = decide(before.history)
            after = before.history.apply(changes)
            if not changes or self.books.directory.append(before, changes, self.clock()):
                return after
        raise Busy(f"the cost centre of {key.external_id} is being changed by others")
