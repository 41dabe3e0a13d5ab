"""How a history changes: a login confirms or replaces the cost centre, an operator assigns one.

The functions return the changes and leave the recording to the caller.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from usage_service.errors import Conflict, InvalidValue
from usage_service.systems.bridge_billing.accounts import check_text, check_utc
from usage_service.systems.bridge_billing.assignments import (
    Assignment,
    Backdated,
    Change,
    Closed,
    Confirmed,
    History,
    Missed,
    Opened,
    Source,
)


class WhenMissing(Enum):
    """What a login without a cost centre means for an account that has one."""

    KEEP = "keep"  # keep the value and flag it
    DEFAULT = "default"  # from now on the customer's default


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """What a login said about the cost centre."""

    at: datetime  # UTC
    sequencenumber: str | None
    evidence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Assign:
    """An operator's wish: this cost centre from then on, or for a while."""

    sequencenumber: str | None  # None: the customer's default
    valid_from: datetime  # UTC
    valid_to: datetime | None = None  # UTC, exclusive
    source: Source = Source.MANUAL
    evidence: str

    def __post_init__(self) -> None:
        check_utc("validFrom", self.valid_from)
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise InvalidValue("validTo", "must be after validFrom")


@dataclass(frozen=True, kw_only=True, slots=True)
class Force:
    """The permission to begin a change in the past; it is kept as an audit row."""

    actor: str
    reason: str

    def __post_init__(self) -> None:
        check_text("actor", self.actor)
        check_text("reason", self.reason)


def log_in(history: History, login: Login, when_missing: WhenMissing = WhenMissing.KEEP) -> tuple[Change, ...]:
    """The changes a login brings: a confirmation, a flag, or a new row from the time of the login.

    Raises `Conflict` when a later login is already on record and this one would change the past.
    """
    check_utc("loginTime", login.at)
    current = history.at(login.at)
    if login.sequencenumber is None and when_missing is WhenMissing.KEEP:
        return _flag(current, login)
    if current is not None and current.sequencenumber == login.sequencenumber:
        return (Confirmed(current.number, login.at),) if login.at > current.seen_at else ()
    if current is None and login.sequencenumber is None:
        return ()
    last = history.last_seen()
    if last is not None and login.at < last:
        raise Conflict(f"the login of {login.at} is older than what is known of {last}")
    later = history.after(login.at)
    wish = Assign(
        sequencenumber=login.sequencenumber,
        valid_from=login.at,
        valid_to=later.valid_from if later else None,
        source=Source.LOGIN,
        evidence=login.evidence,
    )
    return _overlay(history, wish, seen_at=login.at)


def assign(history: History, wish: Assign, *, now: datetime, force: Force | None = None) -> tuple[Change, ...]:
    """The changes of an assignment by hand or by file; whatever was planned for that time gives way.

    Raises `Conflict` when it begins before `now` and it is not forced with a reason.
    """
    check_utc("now", now)
    changes = _overlay(history, wish, seen_at=now)
    if wish.valid_from >= now:
        return changes
    if force is None:
        raise Conflict("a change that begins in the past needs force and a reason")
    return (Backdated(now, wish.valid_from, force.actor, force.reason), *changes)


def _flag(current: Assignment | None, login: Login) -> tuple[Change, ...]:
    if current is None or current.sequencenumber is None:
        return ()
    if current.missing_since is not None or login.at <= current.seen_at:
        return ()
    return (Missed(current.number, login.at),)


def _overlay(history: History, wish: Assign, seen_at: datetime) -> tuple[Change, ...]:
    """Lay the wish over the time line: rows under it are cut or withdrawn, one that reaches beyond goes on.

    before   ├───── 20 ─────┤├──── 30 ───▶
    wish              ├─ 40 ──┤
    after    ├── 20 ──┤├─ 40 ──┤├── 30 ──▶
    """
    covered = [row for row in history.in_effect() if _overlaps(row, wish)]
    closed = tuple(Closed(row.number, max(row.valid_from, wish.valid_from)) for row in covered)
    number = len(history.rows) + 1
    opened = Assignment(
        number=number,
        sequencenumber=wish.sequencenumber,
        valid_from=wish.valid_from,
        valid_to=wish.valid_to,
        source=wish.source,
        evidence=wish.evidence,
        seen_at=seen_at,
    )
    return (*closed, Opened(opened), *_continuation(covered, wish, number + 1))


def _overlaps(row: Assignment, wish: Assign) -> bool:
    return (wish.valid_to is None or row.valid_from < wish.valid_to) and (
        row.valid_to is None or wish.valid_from < row.valid_to
    )


def _continuation(covered: list[Assignment], wish: Assign, number: int) -> tuple[Change, ...]:
    if not covered or wish.valid_to is None:
        return ()
    last = covered[-1]
    if last.valid_to is not None and last.valid_to <= wish.valid_to:
        return ()
    rest = Assignment(
        number=number,
        sequencenumber=last.sequencenumber,
        valid_from=wish.valid_to,
        valid_to=last.valid_to,
        source=last.source,
        evidence=last.evidence,
        seen_at=last.seen_at,
        missing_since=last.missing_since,
    )
    return (Opened(rest),)
