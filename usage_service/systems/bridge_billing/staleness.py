"""Assignments nobody has confirmed for long: a bridge that is always open needs no login."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from usage_service.systems.bridge_billing.accounts import AccountKey
from usage_service.systems.bridge_billing.assignments import Assignment, History


class Unconfirmed(NamedTuple):
    """An assignment in effect that deserves a question to its user."""

    account: AccountKey
    assignment: Assignment


def unconfirmed(histories: Iterable[History], now: datetime, max_age: timedelta) -> Iterator[Unconfirmed]:
    """The assignments in effect now that were last seen too long ago, or that a login has missed since."""
    for history in histories:
        current = history.at(now)
        if current is None:
            continue
        if current.missing_since is not None or now - current.seen_at > max_age:
            yield Unconfirmed(history.account, current)
