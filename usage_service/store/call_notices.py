"""The outbox of notices: who takes which next, and what became of each.

A notice is taken by moving its `due_at` into the future: whoever dies while delivering it loses it to others then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, exists, func, select, update

from usage_service.errors import Conflict, NotFound
from usage_service.record_ids import checked_record_id
from usage_service.store.call_notification_tables import call_notice
from usage_service.store.database import Database
from usage_service.store.tables import UtcTime


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
