"""What could not be used of a log, or not be made a usage record, as rejects.

Settling: from changed calls to interactions, and from final interactions to usage records.

Each round takes some unsettled calls with everything they are tied to, and

1. notes the keys of the records it is going to write,
2. makes the ledger say what the interactions say,
3. stores the interactions and marks the calls settled, in one transaction.

A process killed in between leaves the calls unsettled, and the next round finds what is already there.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from usage_service.database.database import Database
from usage_service.database.locks import exclusive_lock
from usage_service.errors import CallerError
from usage_service.ledger.model import Change, Reason, Reject, Statement, Upserted
from usage_service.ledger.rejects import Rejects
from usage_service.ledger.upsert import Author, Upserts, any_difference
from usage_service.record import EPOCH, UsageRecord
from usage_service.systems.genesys.book import Neighbourhood, neighbourhood
from usage_service.systems.genesys.call import CallKey
from usage_service.systems.genesys.event import TIME_FROM_HEADER, CallEvent, Rejected
from usage_service.systems.genesys.follow import Batch
from usage_service.systems.genesys.interaction import Interaction
from usage_service.systems.genesys.link import Policy
from usage_service.systems.genesys.rows import interaction_rows
from usage_service.systems.genesys.store import (
    PlacedReject,
    Transaction,
    UsageKey,
    call_uuids_of,
    due,
    enter_usage_keys,
    forget_usage_keys,
    hold_calls,
    keep_rejects,
    mark_settled,
    replace_interactions,
    snapshot,
    times_applied,
    unsettled,
    usage_keys_of,
)
from usage_service.systems.genesys.usage import usage_records

SOURCE = "genesys"
UNREADABLE, DAMAGED, NOT_RECORDED = "GENESYS0001E", "GENESYS0002W", "GENESYS0003E"
"""A message that could not be read; one of which only a part could; an interaction the ledger did not take."""


def rejects_of(batch: Batch) -> list[PlacedReject]:
    """Everything in a batch that could not be used, with its place."""
    unreadable = [_unreadable(rejected) for rejected in batch.rejected]
    damaged = [
        _damaged(event, remark) for event in batch.events for remark in event.remarks if remark != TIME_FROM_HEADER
    ]
    return unreadable + damaged


def not_recorded(what: str, reason: str) -> PlacedReject:
    """A record, or an interaction, that did not enter the ledger."""
    return _placed(Reject(source=SOURCE, message_id=NOT_RECORDED, reason=f"{what}: {reason}", body=b""))


def _described(statement: Statement, outcome: Upserted) -> str:
    """A record as a person finds it again."""
    record = statement.record or outcome.record
    if record is None:
        return f"{statement.service} {statement.key}"
    calls = [value for name, value in record.properties if name == "CallUUID"]
    return f"{record.service} of {record.global_transaction_id}, call {calls[0] if calls else '-'}"


def _unreadable(rejected: Rejected) -> PlacedReject:
    place = f"{rejected.place.file} at byte {rejected.place.offset}"
    return _placed(
        Reject(source=SOURCE, message_id=UNREADABLE, reason=f"{place}: {rejected.reason}", body=rejected.text)
    )


def _damaged(event: CallEvent, remark: str) -> PlacedReject:
    place = f"{event.place.file} at byte {event.place.offset}"
    reason = f"{place}: call {event.call_uuid}: {remark}"
    return _placed(Reject(source=SOURCE, message_id=DAMAGED, reason=reason, body=b""))


def _placed(reject: Reject) -> PlacedReject:
    return PlacedReject(hashlib.sha256(reject.reason.encode() + b"\0" + reject.body).hexdigest(), reject)


AUTHOR = Author(
    actor="genesys",
    corrected="LATE_EVENTS",
    voided=Reason(actor="genesys", code="SUPERSEDED", text="later events made the call or interaction part of another"),
    difference=any_difference("later events say more of the call or its interaction"),
)

ROUND = 1_000
"""Unsettled calls taken at a time."""
NO_TIME_OUTS = EPOCH
"""As of then, no link has waited too long."""


@dataclass(slots=True)
class Settled:
    """What a settling did."""

    interactions: int = 0
    final: int = 0
    recorded: int = 0
    corrected: int = 0
    voided: int = 0
    kept: int = 0  # as an operator corrected or voided them
    rejected: int = 0

    def add(self, found: Iterable[Interaction], published: Iterable[Upserted], rejected: int) -> None:
        """Count one round."""
        for interaction in found:
            self.interactions += 1
            self.final += interaction.final
        changes = Counter(one.change for one in published)
        self.recorded += changes[Change.STORED]
        self.corrected += changes[Change.CORRECTED]
        self.voided += changes[Change.VOIDED]
        self.kept += changes[Change.KEPT]
        self.rejected += rejected


@dataclass(slots=True)
class _Round:
    """One round's calls and what they amount to."""

    near: Neighbourhood
    found: list[tuple[Interaction, datetime]]  # with the time up to which time-outs were applied
    records: list[UsageRecord] = field(default_factory=list)
    keys: list[UsageKey] = field(default_factory=list)
    rejected: list[PlacedReject] = field(default_factory=list)

    @property
    def interactions(self) -> list[Interaction]:
        return [interaction for interaction, _ in self.found]


class Settler:
    """Settles what has changed. Any number of processes may; they take turns."""

    def __init__(self, database: Database, ledger: Upserts, rejects: Rejects, policy: Policy) -> None:
        self._database = database
        self._ledger = ledger
        self._rejects = rejects
        self._policy = policy

    def settle(
        self, as_of: datetime = NO_TIME_OUTS, progress: Callable[[Settled], None] = lambda settled: None
    ) -> Settled:
        """Settle every changed call, and every interaction with a link that has waited too long by `as_of`.

        Time-outs once applied to an interaction stay applied. Raises `StoreUnavailable` when the database is away;
        what was settled until then stays settled.
        """
        settled = Settled()
        with exclusive_lock(self._database, "genesys-settling"):
            while current := self._next_round(as_of):
                self._note_keys(current)
                published = self._publish(current)
                self._finish(current)
                settled.add(current.interactions, published, len(current.rejected))
                progress(settled)
        return settled

    def _next_round(self, as_of: datetime) -> _Round | None:
        with snapshot(self._database) as transaction:
            call_uuids = set(unsettled(transaction, ROUND))
            call_uuids |= call_uuids_of(transaction, due(transaction, as_of, ROUND))
            if not call_uuids:
                return None
            near = neighbourhood(transaction, call_uuids)
            return self._evaluated(near, transaction, as_of)

    def _evaluated(self, near: Neighbourhood, transaction: Transaction, as_of: datetime) -> _Round:
        applied = times_applied(transaction, near.call_uuids)
        current = _Round(near, near.interactions(self._policy, as_of, applied))
        for interaction in current.interactions:
            self._make_records(interaction, current)
        return current

    def _make_records(self, interaction: Interaction, current: _Round) -> None:
        try:
            records = usage_records(interaction)
        except CallerError as error:  # more than a record can hold
            current.rejected.append(not_recorded(f"interaction {interaction.interaction_id}", str(error)))
            return
        call_uuids = [call.key.call_uuid for call in interaction.calls]
        about = [min(call_uuids), *call_uuids]
        current.records += records
        current.keys += [
            UsageKey(record.service, record.once_key or "", call_uuid)
            for record, call_uuid in zip(records, about, strict=False)
        ]

    def _note_keys(self, current: _Round) -> None:
        if current.keys:
            with self._database.transaction() as transaction:
                enter_usage_keys(transaction, current.keys)

    def _publish(self, current: _Round) -> list[Upserted]:
        stated = [Statement.of(record) for record in current.records]
        withdrawn = [
            Statement(record=None, service=service, key=key)
            for service, key in sorted({key[:2] for key in self._outdated(current)})
        ]
        published = self._ledger.apply([*stated, *withdrawn])
        for statement, outcome in zip([*stated, *withdrawn], published, strict=True):
            if outcome.change is Change.REJECTED:
                current.rejected.append(not_recorded(_described(statement, outcome), outcome.why))
        return published

    def _outdated(self, current: _Round) -> list[UsageKey]:
        """Keys used before for calls of interactions that are final now, and not used for them any more."""
        final: set[CallKey] = set()
        other: set[CallKey] = set()
        for interaction in current.interactions:
            keys = {call.key for call in interaction.calls}
            (final if interaction.final else other).update(keys)
        call_uuids = {key.call_uuid for key in final} - {key.call_uuid for key in other}
        with snapshot(self._database) as transaction:
            return sorted(usage_keys_of(transaction, call_uuids) - set(current.keys))

    def _finish(self, current: _Round) -> None:
        outdated = self._outdated(current)
        rows = [interaction_rows(interaction, self._policy, as_of) for interaction, as_of in current.found]
        with self._database.transaction() as transaction:
            hold_calls(transaction)
            replace_interactions(transaction, current.near.call_uuids, rows)
            forget_usage_keys(transaction, outdated)
            keep_rejects(transaction, self._rejects, current.rejected)
            mark_settled(transaction, current.near.known.values())
