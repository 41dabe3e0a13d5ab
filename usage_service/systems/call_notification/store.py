"""The outbox of notices: who takes which next, and what became of each.

A notice is taken by moving its `due_at` into the future: whoever dies while delivering it loses it to others then.

What became of the notices of each subscriber: the figures of TWSS's Notification Management, from the outbox.

The store of call subscriptions, in plain words; what they mean is decided in `callnotification`.

Starting and stopping store the operation's usage record in the same transaction.

The store of calls: a call's new state and the notices that follow from it are one transaction.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, bindparam, case, delete, exists, func, select, update

from usage_service.database.bulk import insert_new_row, insert_new_rows, upsert_rows
from usage_service.database.database import Database
from usage_service.errors import Conflict, NotFound
from usage_service.ledger.records import insert_records
from usage_service.ledger.tables import UtcTime
from usage_service.record import UsageRecord
from usage_service.record_ids import checked_record_id
from usage_service.systems.call_notification.tables import call_claim, call_notice, call_state, call_subscription


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredNotice:
    """One notice for one application."""

    notice_id: str
    subscription_id: str
    endpoint: str
    call_id: str
    from_tag: str
    position: int
    event: str
    leg: int
    caller: str
    called: str
    happened_at: datetime
    state: str  # waiting, sent, failed
    round: int
    attempts: int
    due_at: datetime
    first_sent_at: datetime | None
    last_error: str | None
    settled_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """What became of a notice that was taken: sent, failed for good, or waiting until it is due again."""

    notice_id: str
    state: str  # sent, failed, waiting
    attempts: int  # in this round
    due_at: datetime | None = None  # with waiting only
    error: str | None = None


_earlier = call_notice.alias("earlier")
_MUST_WAIT = exists().where(
    _earlier.c.subscription_id == call_notice.c.subscription_id,
    _earlier.c.call_id == call_notice.c.call_id,
    _earlier.c.from_tag == call_notice.c.from_tag,
    _earlier.c.position < call_notice.c.position,
    _earlier.c.state == "waiting",
)

# Statements for every call and notice are built once: SQLAlchemy spends more on building one than on running it.
_NOW = bindparam("now", type_=UtcTime)
_IS_DUE = (call_notice.c.state == "waiting", call_notice.c.due_at <= _NOW)
_WAITING = (
    select(call_notice.c.endpoint, func.count().label("notices")).where(*_IS_DUE).group_by(call_notice.c.endpoint)
)
_TAKE = (
    update(call_notice)
    .where(
        call_notice.c.notice_id.in_(
            select(call_notice.c.notice_id)
            .where(call_notice.c.endpoint == bindparam("of"), *_IS_DUE, ~_MUST_WAIT)
            .order_by(call_notice.c.due_at, call_notice.c.notice_id)
            .limit(bindparam("most"))
            .with_for_update(skip_locked=True)
        )
    )
    .values(
        due_at=bindparam("until"),
        attempts=call_notice.c.attempts + 1,
        first_sent_at=func.coalesce(call_notice.c.first_sent_at, _NOW),
    )
    .returning(*call_notice.c)
)
_SENT = (
    update(call_notice)
    .where(call_notice.c.notice_id.in_(bindparam("these", expanding=True)))
    .values(state="sent", settled_at=_NOW, last_error=None)
)
_SETTLE = (
    update(call_notice)
    .where(call_notice.c.notice_id == bindparam("this"))
    .values({name: bindparam(name) for name in ("state", "attempts", "due_at", "settled_at", "last_error")})
)


class CallNotices:
    """Takes, settles, finds and replays notices."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting_endpoints(self, now: datetime) -> dict[str, int]:
        """The applications that something is due for, and how much."""
        with self._database.connect() as connection:
            return {row.endpoint: row.notices for row in connection.execute(_WAITING, {"now": now})}

    def take(self, endpoint: str, now: datetime, lease: timedelta, limit: int) -> list[StoredNotice]:
        """Notices due for one application, of each call the first that waits; ours until the lease ends."""
        asked = {"of": endpoint, "now": now, "until": now + lease, "most": limit}
        with self._database.transaction() as connection:
            rows = connection.execute(_TAKE, asked)
            return sorted(map(_notice, rows), key=lambda notice: notice.notice_id)

    def settle(self, attempts: Sequence[Attempt], now: datetime) -> None:
        """What became of notices that were taken."""
        sent = [attempt.notice_id for attempt in attempts if attempt.state == "sent"]
        others = [_settled(attempt, now) for attempt in attempts if attempt.state != "sent"]
        with self._database.transaction() as connection:
            if sent:
                connection.execute(_SENT, {"these": sent, "now": now})
            for attempt in others:
                connection.execute(_SETTLE, attempt)

    def get(self, notice_id: str) -> StoredNotice:
        """The notice with this id; raises `NotFound`."""
        found = self._find([call_notice.c.notice_id == checked_record_id(notice_id, "noticeID")], 1)
        if not found:
            raise NotFound("notice", notice_id)
        return found[0]

    def find(self, *, state: str | None = None, after: str | None = None, limit: int = 100) -> list[StoredNotice]:
        """Notices in the order they arose, behind the id `after`."""
        conditions: list[ColumnElement[bool]] = []
        if state is not None:
            conditions.append(call_notice.c.state == state)
        if after is not None:
            conditions.append(call_notice.c.notice_id > checked_record_id(after, "noticeID"))
        return self._find(conditions, limit)

    def replay(self, notice_id: str, now: datetime) -> None:
        """Deliver one that was given up anew; raises `Conflict` for any other."""
        notice = self.get(notice_id)
        if notice.state != "failed":
            raise Conflict(f"notice {notice_id} is {notice.state}; only failed ones are replayed")
        self._update(
            notice_id,
            state="waiting",
            round=notice.round + 1,
            attempts=0,
            due_at=now,
            settled_at=None,
            first_sent_at=None,
        )

    def _update(self, notice_id: str, **values: Any) -> None:
        with self._database.transaction() as connection:
            connection.execute(update(call_notice).where(call_notice.c.notice_id == notice_id).values(values))

    def _find(self, conditions: Sequence[ColumnElement[bool]], limit: int) -> list[StoredNotice]:
        query = select(call_notice).where(*conditions).order_by(call_notice.c.notice_id).limit(limit)
        with self._database.connect() as connection:
            return [_notice(row) for row in connection.execute(query)]


def _settled(attempt: Attempt, now: datetime) -> dict[str, Any]:
    return {
        "this": attempt.notice_id,
        "state": attempt.state,
        "attempts": attempt.attempts,
        "due_at": attempt.due_at or now,
        "settled_at": None if attempt.state == "waiting" else now,
        "last_error": attempt.error,
    }


def _notice(row: Row[Any]) -> StoredNotice:
    return StoredNotice(**row._mapping)


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryStatistics:
    """Of one requester and correlator, over all subscriptions of that name."""

    requester: str
    correlator: str
    last_statistics_reset: datetime  # when the first of these subscriptions began: nothing is ever reset
    delivery_failure_count: int  # notices given up, also those that were replayed since
    last_delivery_failure: datetime | None  # of those that were not replayed
    delivery_success_count: int
    last_delivery_success: datetime | None


_FAILED, _STATISTICS_SENT = call_notice.c.state == "failed", call_notice.c.state == "sent"
_STATISTICS = (
    select(
        call_subscription.c.requester,
        call_subscription.c.correlator,
        func.min(call_subscription.c.started_at).label("last_statistics_reset"),
        # Each further round followed a failure.
        func.coalesce(func.sum(call_notice.c.round - 1 + case((_FAILED, 1), else_=0)), 0).label(
            "delivery_failure_count"
        ),
        func.max(case((_FAILED, call_notice.c.settled_at))).label("last_delivery_failure"),
        func.count(case((_STATISTICS_SENT, 1))).label("delivery_success_count"),
        func.max(case((_STATISTICS_SENT, call_notice.c.settled_at))).label("last_delivery_success"),
    )
    .outerjoin_from(
        call_subscription, call_notice, call_notice.c.subscription_id == call_subscription.c.subscription_id
    )
    .group_by(call_subscription.c.requester, call_subscription.c.correlator)
    .order_by(call_subscription.c.requester, call_subscription.c.correlator)
)


def delivery_statistics(database: Database) -> list[DeliveryStatistics]:
    """The figures of every requester and correlator."""
    with database.connect() as connection:
        return [DeliveryStatistics(**row) for row in connection.execute(_STATISTICS).mappings()]


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredSubscription:
    """One subscription."""

    subscription_id: str
    kind: str
    correlator: str
    endpoint: str
    interface_name: str
    addresses: tuple[str, ...]
    events: tuple[str, ...]
    callback: str
    requester: str
    started_at: datetime
    principal: str | None = None


class StoredClaim(NamedTuple):
    """What at most one subscription in force can hold."""

    kind: str
    address_key: str
    event: str


class StartOutcome(Enum):
    """What the database says to a new subscription."""

    ADMITTED = "admitted"
    CORRELATOR_IN_USE = "correlator in use"
    OVERLAPPING = "overlapping"


_BY_ID = select(call_subscription).where(call_subscription.c.subscription_id.in_(bindparam("wanted", expanding=True)))
_HOLDERS = (
    select(call_subscription, call_claim.c.address_key, call_claim.c.event)
    .join(call_claim, call_claim.c.subscription_id == call_subscription.c.subscription_id)
    .where(call_claim.c.kind == bindparam("of"), call_claim.c.address_key.in_(bindparam("keys", expanding=True)))
)


class CallSubscriptions:
    """Starts, stops and finds subscriptions."""

    def __init__(self, database: Database, *, host: str, issue_id: Callable[[], str]) -> None:
        """`host` is written into usage records; `issue_id` makes their ids."""
        self._database = database
        self._host = host
        self._issue_id = issue_id

    def start(
        self, subscription: StoredSubscription, claims: Sequence[StoredClaim], record: UsageRecord | None
    ) -> StartOutcome:
        """Store it with its claims and its record, or nothing of it."""
        try:
            with self._database.transaction() as connection:
                _insert(connection, subscription, claims)
                self._record(connection, record)
        except _Refused as refused:
            return refused.outcome
        return StartOutcome.ADMITTED

    def stop(
        self, kind: str, correlator: str, principal: str | None, ended_at: datetime, record: UsageRecord | None
    ) -> bool:
        """End it, give its claims back and store the record; False when no such subscription is in force.

        One that another principal began is none for this one; without authentication, neither has a principal.
        """
        in_force = (call_subscription.c.correlator == correlator, call_subscription.c.ended_at.is_(None))
        own = call_subscription.c.principal.is_(None) | (call_subscription.c.principal == principal)
        with self._database.transaction() as connection:
            found = connection.execute(
                select(call_subscription.c.subscription_id).where(*in_force, own, call_subscription.c.kind == kind)
            ).scalar_one_or_none()
            if found is None:
                return False
            connection.execute(delete(call_claim).where(call_claim.c.subscription_id == found))
            ended = update(call_subscription).where(call_subscription.c.subscription_id == found)
            connection.execute(ended.values(ended_at=ended_at))
            self._record(connection, record)
        return True

    def holders(self, kind: str, address_keys: Sequence[str]) -> dict[str, StoredSubscription]:
        """Event → the subscription in force that claims it for one of these addresses, the first named first."""
        with self._database.connect() as connection:
            held = find_holders(connection, kind, address_keys)
        in_order = sorted(held.items(), key=lambda claim: address_keys.index(claim[0][0]), reverse=True)
        return {event: subscription for (_, event), subscription in in_order}

    def get(self, subscription_ids: Iterable[str]) -> dict[str, StoredSubscription]:
        """Subscriptions by id, also those that ended."""
        with self._database.connect() as connection:
            rows = connection.execute(_BY_ID, {"wanted": list(set(subscription_ids))})
            return {row.subscription_id: _subscription(row) for row in rows}

    def _record(self, connection: Connection, record: UsageRecord | None) -> None:
        if record is not None:
            insert_records(connection, {self._issue_id(): record}, self._host, datetime.now(UTC))


def find_holders(
    connection: Connection, kind: str, address_keys: Iterable[str]
) -> dict[tuple[str, str], StoredSubscription]:
    """Address key and event → the subscription in force that claims them."""
    rows = connection.execute(_HOLDERS, {"of": kind, "keys": list(set(address_keys))})
    return {(row.address_key, row.event): _subscription(row) for row in rows}


class _Refused(Exception):
    """Rolls the transaction back."""

    def __init__(self, outcome: StartOutcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


def _insert(connection: Connection, subscription: StoredSubscription, claims: Sequence[StoredClaim]) -> None:
    if not insert_new_row(connection, call_subscription, _row(subscription)):
        raise _Refused(StartOutcome.CORRELATOR_IN_USE)
    for claim in claims:
        row = {**claim._asdict(), "subscription_id": subscription.subscription_id}
        if not insert_new_row(connection, call_claim, row):
            raise _Refused(StartOutcome.OVERLAPPING)


def _row(subscription: StoredSubscription) -> dict[str, Any]:
    fields = {name: getattr(subscription, name) for name in subscription.__dataclass_fields__}
    return {
        **fields,
        "addresses": json.dumps(subscription.addresses),
        "events": json.dumps(subscription.events),
        "ended_at": None,
    }


def _subscription(row: Row[Any]) -> StoredSubscription:
    return StoredSubscription(
        subscription_id=row.subscription_id,
        kind=row.kind,
        correlator=row.correlator,
        endpoint=row.endpoint,
        interface_name=row.interface_name,
        addresses=tuple(json.loads(row.addresses)),
        events=tuple(json.loads(row.events)),
        callback=row.callback,
        requester=row.requester,
        started_at=row.started_at,
        principal=row.principal,
    )


class CallId(NamedTuple):
    """The identity of a call."""

    call_id: str
    from_tag: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NewNotice:
    """Something that subscribers of an address should be notified of."""

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
        """`kind` is that of the subscriptions that are notified."""
        self._database = database
        self._kind = kind
        self._issue_ids = issue_ids

    def change(self, folds: Mapping[CallId, Fold], now: datetime) -> int:
        """Change every call, and queue what its subscribers should be notified of; how many notices that may be.

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
        rows = [{"notice_id": id_, **_states_row(*one), "due_at": now} for id_, one in zip(ids, wanted, strict=True)]
        return len(insert_new_rows(connection, call_notice, rows, "notice_id"))


def _taken(connection: Connection, calls: Sequence[CallId], now: datetime) -> dict[CallId, str]:
    """The states of calls, empty for fresh ones; they are ours until the transaction ends."""
    fresh = [{**call._asdict(), "state": "", "changed_at": now, "settle_at": None} for call in calls]
    # PostgreSQL waits here for others who have the call.
    rows = upsert_rows(connection, call_state, fresh, ("changed_at",), returned=("call_id", "from_tag", "state"))
    return {CallId(row.call_id, row.from_tag): row.state for row in rows}


def _keep(connection: Connection, changes: Mapping[CallId, CallChange], now: datetime) -> None:
    rows = [
        {**call._asdict(), "state": change.state, "changed_at": now, "settle_at": change.settle_at}
        for call, change in changes.items()
    ]
    upsert_rows(connection, call_state, rows)


def _states_row(subscription: StoredSubscription, call: CallId, notice: NewNotice) -> dict[str, Any]:
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
