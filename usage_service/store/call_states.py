"""The store of calls: a call's new state and the notices that follow from it are one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select, update

from usage_service.store.call_notification_tables import call_notice, call_state
from usage_service.store.call_subscriptions import find_holders
from usage_service.store.database import Database, insert_unless_there


class CallId(NamedTuple):
    """The identity of a call."""

    call_id: str
    from_tag: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NewNotice:
    """Something that subscribers of an address should be told."""

    event: str
    leg: int
    position: int
    caller: str
    called: str
    address_keys: tuple[str, ...]  # subscribers of the first are preferred
    happened_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class CallChange:
    """What a call has become."""

    state: str
    settle_at: datetime | None
    notices: Sequence[NewNotice]


Fold = Callable[[str | None], CallChange]
"""From a call's state (None: not known yet) to what it becomes."""


class CallStates:
    """Changes calls and fills the outbox."""

    def __init__(self, database: Database, *, kind: str, issue_ids: Callable[[int], list[str]]) -> None:
        """`kind` is that of the subscriptions that are told."""
        self._database = database
        self._kind = kind
        self._issue_ids = issue_ids

    def change(self, folds: Mapping[CallId, Fold], now: datetime) -> int:
        """Change every call, and queue what its subscribers should be told; how many notices were queued."""
        with self._database.transaction() as connection:
            # In one order everywhere, so that two batches never wait for each other's calls.
            return sum(self._change(connection, call, folds[call], now) for call in sorted(folds))

    def to_settle(self, now: datetime, limit: int = 100) -> list[CallId]:
        """Calls that have waited long enough for what is missing."""
        query = select(call_state.c.call_id, call_state.c.from_tag).where(call_state.c.settle_at <= now).limit(limit)
        with self._database.connect() as connection:
            return [CallId(*row) for row in connection.execute(query)]

    def forget(self, before: datetime) -> int:
        """Delete calls that have not changed since; how many."""
        with self._database.transaction() as connection:
            return connection.execute(delete(call_state).where(call_state.c.changed_at < before)).rowcount

    def _change(self, connection: Connection, call: CallId, fold: Fold, now: datetime) -> int:
        this = (call_state.c.call_id == call.call_id, call_state.c.from_tag == call.from_tag)
        fresh = {**call._asdict(), "state": "", "changed_at": now, "settle_at": None}
        is_new = insert_unless_there(connection, call_state, fresh)  # PostgreSQL waits here for another's transaction
        known = None if is_new else connection.execute(select(call_state.c.state).where(*this).with_for_update())
        change = fold(known.scalar_one() if known is not None else None)
        values = {"state": change.state, "settle_at": change.settle_at, "changed_at": now}
        connection.execute(update(call_state).where(*this).values(values))
        return sum(self._queue(connection, call, notice, now) for notice in change.notices)

    def _queue(self, connection: Connection, call: CallId, notice: NewNotice, now: datetime) -> bool:
        subscription = find_holders(connection, self._kind, notice.address_keys).get(notice.event)
        if subscription is None:
            return False
        row: dict[str, Any] = {
            "notice_id": self._issue_ids(1)[0],
            "subscription_id": subscription.subscription_id,
            "endpoint": subscription.endpoint,
            **call._asdict(),
            "position": notice.position,
            "event": notice.event,
            "leg": notice.leg,
            "caller": notice.caller,
            "called": notice.called,
            "happened_at": notice.happened_at,
            "state": "waiting",
            "round": 1,
            "attempts": 0,
            "due_at": now,
        }
        return insert_unless_there(connection, call_notice, row)
