"""The store of call subscriptions, in plain words; what they mean is decided in `callnotification`.

Starting and stopping store the operation's usage record in the same transaction.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, select, update

from usage_service.record import UsageRecord
from usage_service.store.call_notification_tables import call_claim, call_subscription
from usage_service.store.database import Database, insert_unless_there
from usage_service.store.records import insert_record


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


class StoredClaim(NamedTuple):
    """What at most one subscription in force can hold."""

    kind: str
    address_key: str
    event: str


class Admission(Enum):
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
    ) -> Admission:
        """Store it with its claims and its record, or nothing of it."""
        try:
            with self._database.transaction() as connection:
                _insert(connection, subscription, claims)
                self._record(connection, record)
        except _Refused as refused:
            return refused.admission
        return Admission.ADMITTED

    def stop(self, kind: str, correlator: str, ended_at: datetime, record: UsageRecord | None) -> bool:
        """End it, give its claims back and store the record; False when no such subscription is in force."""
        in_force = (call_subscription.c.correlator == correlator, call_subscription.c.ended_at.is_(None))
        with self._database.transaction() as connection:
            found = connection.execute(
                select(call_subscription.c.subscription_id).where(*in_force, call_subscription.c.kind == kind)
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
            insert_record(connection, self._issue_id(), record, self._host, datetime.now(UTC))


def find_holders(
    connection: Connection, kind: str, address_keys: Iterable[str]
) -> dict[tuple[str, str], StoredSubscription]:
    """Address key and event → the subscription in force that claims them."""
    rows = connection.execute(_HOLDERS, {"of": kind, "keys": list(set(address_keys))})
    return {(row.address_key, row.event): _subscription(row) for row in rows}


class _Refused(Exception):
    """Rolls the transaction back."""

    def __init__(self, admission: Admission) -> None:
        super().__init__(admission)
        self.admission = admission


def _insert(connection: Connection, subscription: StoredSubscription, claims: Sequence[StoredClaim]) -> None:
    if not insert_unless_there(connection, call_subscription, _row(subscription)):
        raise _Refused(Admission.CORRELATOR_IN_USE)
    for claim in claims:
        row = {**claim._asdict(), "subscription_id": subscription.subscription_id}
        if not insert_unless_there(connection, call_claim, row):
            raise _Refused(Admission.OVERLAPPING)


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
    )
