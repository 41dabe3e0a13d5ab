"""The store of calls: a call's new state and the notices that follow from it are one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from usage_service.store.call_notification_tables import call_notice, call_state
from usage_service.store.call_subscriptions import StoredSubscription, find_holders
from usage_service.store.database import Database, insert_unless_known


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
        """Change every call, and queue what its subscribers should be told; how many notices that may be.

        A handful of statements, however many calls change.
        """
        calls = sorted(folds)  # in one order everywhere, so that two batches never wait for each other's calls
        if not calls:
            return 0
        with self._database.transaction() as connection:
            changes = {call: folds[call](state or None) for call, state in _taken(connection, calls, now).items()}
            _keep(connection, changes, now)
            return self._queue(connection, changes, now)

    def to_settle(self, now: datetime, limit: int = 100) -> list[CallId]:
        """Calls that have waited long enough for what is missing."""
        query = select(call_state.c.call_id, call_state.c.from_tag).where(call_state.c.settle_at <= now).limit(limit)
        with self._database.connect() as connection:
            return [CallId(*row) for row in connection.execute(query)]

    def forget(self, before: datetime) -> int:
        """Delete calls that have not changed since; how many."""
        with self._database.transaction() as connection:
            return connection.execute(delete(call_state).where(call_state.c.changed_at < before)).rowcount

    def _queue(self, connection: Connection, changes: Mapping[CallId, CallChange], now: datetime) -> int:
        notices = [(call, notice) for call, change in changes.items() for notice in change.notices]
        keys = {key for _, notice in notices for key in notice.address_keys}
        holders = find_holders(connection, self._kind, keys) if keys else {}
        wanted = [
            (holders[key, notice.event], call, notice)
            for call, notice in notices
            for key in [key for key in notice.address_keys if (key, notice.event) in holders][:1]
        ]
        ids = self._issue_ids(len(wanted))
        rows = [{"notice_id": id_, **_row(*one), "due_at": now} for id_, one in zip(ids, wanted, strict=True)]
        if not rows:
            return 0
        insert = insert_unless_known(connection, call_notice).returning(call_notice.c.notice_id)
        return len(connection.execute(insert, rows).all())


def _taken(connection: Connection, calls: Sequence[CallId], now: datetime) -> dict[CallId, str]:
    """The states of calls, empty for fresh ones; they are ours until the transaction ends."""
    fresh = [{**call._asdict(), "state": "", "changed_at": now, "settle_at": None} for call in calls]
    # PostgreSQL waits here for others who have the call.
    rows = connection.execute(_upsert(connection.dialect.name, ("changed_at",)), fresh)
    return {CallId(row.call_id, row.from_tag): row.state for row in rows}


def _keep(connection: Connection, changes: Mapping[CallId, CallChange], now: datetime) -> None:
    rows = [
        {**call._asdict(), "state": change.state, "changed_at": now, "settle_at": change.settle_at}
        for call, change in changes.items()
    ]
    connection.execute(_upsert(connection.dialect.name, ("state", "settle_at", "changed_at")), rows).all()


@cache
def _upsert(dialect: str, changed: tuple[str, ...]) -> ReturningInsert[Any]:
    """Inserts calls, or changes these columns of those that are there, and says what they are now.

    Rows come back, and so SQLAlchemy sends all of them in one statement.
    """
    insert = postgresql.insert(call_state) if dialect == "postgresql" else sqlite.insert(call_state)
    known = insert.on_conflict_do_update(
        index_elements=[call_state.c.call_id, call_state.c.from_tag],
        set_={name: insert.excluded[name] for name in changed},
    )
    return known.returning(call_state.c.call_id, call_state.c.from_tag, call_state.c.state)


def _row(subscription: StoredSubscription, call: CallId, notice: NewNotice) -> dict[str, Any]:
    return {
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
    }
