"""Publishing to the ledger: a new record, a correction or a void for whatever changed, each exactly once.

The ledger and our note of what was published are two commits. After a crash between them the ledger knows more than
the note; the idempotency key of a record, and the rule that a record is adjusted only once, show that, and the ledger's
own word is taken then.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from usage_service.errors import CallerError, Conflict, KeyReused, ServiceError, UsageServiceError
from usage_service.ledger.model import Receipt
from usage_service.ledger.replaying import RecordMany
from usage_service.record import EPOCH, UsageRecord
from usage_service.systems.pexip.calls import Calls
from usage_service.systems.pexip.repository import CONFERENCE, LEG, StoredRepository, state_about
from usage_service.systems.pexip.rules import BillingRules
from usage_service.systems.pexip.store import PexipStates, PexipUsages
from usage_service.systems.pexip.usage import (
    CONFERENCE_SERVICE,
    PARTICIPANT_SERVICE,
    Change,
    Revision,
    Usage,
    Written,
    conference_key_prefix,
    conference_usage,
    leg_key,
    revise_all,
)

BATCH = {LEG: 500, CONFERENCE: 200}
"""Most legs or conferences published in one step; a conference brings all legs of its room."""
CORRECTED, WITHDRAWN = "LATE_DATA", "NOT_BILLED"
"""Reason codes of adjustments."""

log = logging.getLogger(__name__)
Marked = Sequence[tuple[str, str, str]]


@dataclass(frozen=True, kw_only=True)
class Published:
    """What the ledger holds of one usage."""

    key: str
    number: int = 0
    record_id: str | None = None
    record: UsageRecord | None = None
    refused: str | None = None
    ended_at: datetime | None = None
    settled: bool = False

    def row(self) -> dict[str, Any]:
        """The same for the store; only legs count towards quotas."""
        billed = dict(self.record.properties) if self.record else {}
        is_leg = self.record is not None and self.record.service == PARTICIPANT_SERVICE
        return {
            "usage_key": self.key,
            "revision": self.number,
            "record_id": self.record_id,
            "record": self.record and msgspec.json.encode(self.record),
            "service_tag": billed.get("serviceTag") if is_leg else None,
            "ended_at": self.record and self.record.record_time,
            "seconds": int(billed["durationSeconds"]) if is_leg else None,
            "refused": self.refused,
            "settled": self.settled,
        }


class Publisher:
    """Tells the ledger what changed. To be used by one process at a time."""

    def __init__(
        self, states: PexipStates, ledger: PexipUsages, record_many: RecordMany, rules: BillingRules, memory: timedelta
    ) -> None:
        self._states = states
        self._repository = StoredRepository(states)
        self._ledger = ledger
        self._record_many = record_many
        self._rules = rules
        self._memory = memory

    def step(self, kind: str) -> int:
        """Publish some legs or conferences that changed; returns how many. Raises `ServiceError`; what was published
        stays published.
        """
        marked = self._states.pending(kind, BATCH[kind])
        if marked:
            self._publish_of(marked)
        return len(marked)

    def _publish_of(self, marked: Marked) -> None:
        """An unforeseen error about one leg must not stop the others: it is found by halving, and noted."""
        try:
            published = self._published(marked)
        except ServiceError:
            raise
        except Exception as error:
            if len(marked) > 1:
                middle = len(marked) // 2
                self._publish_of(marked[:middle])
                self._publish_of(marked[middle:])
                return
            log.exception("a leg or conference could not be recorded", extra={"piece": marked[0]})
            key = leg_key(self._rules, marked[0][2])
            held = [_published_from(row) for row in self._ledger.with_keys(PARTICIPANT_SERVICE, [key])] or [
                Published(key=key)
            ]
            published = [replace(one, refused=f"defect: {error!r}") for one in held]
        self._ledger.note([one.row() for one in published], [(kind, state_id) for kind, state_id, _ in marked])

    def _published(self, marked: Marked) -> list[Published]:
        uuids = {name for kind, _, name in marked if kind == LEG}
        names = {name for kind, _, name in marked if kind == CONFERENCE}
        calls = state_about(uuids, names, self._repository)
        held: dict[str, Published] = {}
        revisions: list[Revision] = []
        usages = {usage.key: usage for usage in (calls.leg_usage(uuid, self._rules) for uuid in sorted(uuids))}
        revisions += self._revisions(self._ledger.with_keys(PARTICIPANT_SERVICE, usages), usages.values(), EPOCH, held)
        prefixes = {name: conference_key_prefix(self._rules, name) for name in sorted(names)}
        rows = self._ledger.with_prefixes(CONFERENCE_SERVICE, prefixes.values()) if prefixes else {}
        for name, prefix in prefixes.items():
            meetings = [conference_usage(meeting, self._rules) for meeting in calls.meetings(name)]
            since = self._changeable_since(calls, name)
            revisions += self._revisions(rows[prefix], meetings, since, held)
        return self._written(revisions, held)

    def _changeable_since(self, calls: Calls, name: str) -> datetime:
        """Meetings before this are settled: their log is about to be forgotten."""
        ends = (
            [shard.extent.last for shard in calls.conferences[name].shards.values()]
            if name in calls.conferences
            else []
        )
        newest = max(ends, default=EPOCH)
        return newest - self._memory if newest - EPOCH > self._memory else EPOCH

    def _revisions(
        self, rows: Iterable[Mapping[str, Any]], usages: Iterable[Usage], since: datetime, held: dict[str, Published]
    ) -> list[Revision]:
        """What has to change, with the state it starts from in `held`; what is settled stays as it is."""
        published = {row["usage_key"]: _published_from(row) for row in rows}
        fixed = {
            key for key, one in published.items() if one.settled or (one.ended_at is not None and one.ended_at < since)
        }
        open_ones = {key: one for key, one in published.items() if key not in fixed}
        held |= open_ones
        now = [usage for usage in usages if usage.key not in fixed and not _is_before(usage, since)]
        written = {key: Written(number=one.number, record=one.record) for key, one in open_ones.items()}
        return revise_all(written, now)

    def _written(self, revisions: Sequence[Revision], held: Mapping[str, Published]) -> list[Published]:
        new = [(revision, _keyed(revision)) for revision in revisions if revision.change is Change.NEW]
        outcomes = self._record_many([record for _, record in new]) if new else []
        published = [self._recorded(*one, outcome) for one, outcome in zip(new, outcomes, strict=True)]
        adjusted = [revision for revision in revisions if revision.change is not Change.NEW]
        return published + [self._adjusted(held[revision.key], revision) for revision in adjusted]

    def _recorded(self, new: Revision, record: UsageRecord, outcome: Receipt | UsageServiceError) -> Published:
        """What became of a new record."""
        published = Published(key=new.key, number=new.number, record=new.record)
        match outcome:
            case KeyReused():
                return self._caught_up(published, self._ledger.keyed(record.service, record.once_key or ""), new)
            case ServiceError():
                raise outcome
            case UsageServiceError():
                return replace(published, record=None, refused=str(outcome))
            case _:
                return replace(published, record_id=outcome.record_id)

    def _adjusted(self, held: Published, revision: Revision) -> Published:
        """What became of a correction or withdrawal."""
        try:
            return self._adjust(held, revision)
        except Conflict as conflict:
            caught_up = self._caught_up(held, held.record_id, revision)
            return replace(caught_up, refused=str(conflict)) if caught_up == held else caught_up
        except CallerError as error:
            return replace(held, refused=str(error))

    def _adjust(self, held: Published, revision: Revision) -> Published:
        published = Published(key=held.key, number=revision.number, record=revision.record)
        if held.record_id is None:
            return replace(held, refused="its record is not known")
        if revision.record is None:
            self._ledger.void(held.record_id, WITHDRAWN, "it turned out not to be billed")
            return published
        reason = f"better data: {', '.join(revision.differences)}"
        return replace(published, record_id=self._ledger.correct(held.record_id, revision.record, CORRECTED, reason))

    def _caught_up(self, held: Published, record_id: str | None, wanted: Revision) -> Published:
        """The ledger knows more than we noted: take its word, then change what still differs.

        What a person changed is that person's from then on: the platform's data does not know why.
        """
        if record_id is None:
            return held
        standing = self._ledger.in_force(record_id)
        current = replace(held, record_id=standing.record_id, record=standing.record)
        if standing.changed_by:
            differing = ", ".join(wanted.differences) or wanted.change
            return replace(current, settled=True, refused=f"{standing.changed_by} changed it; now: {differing}")
        if current == held:
            return held
        again = revise_all(
            {held.key: Written(number=current.number, record=current.record)},
            [Usage(key=held.key, record=wanted.record)],
        )
        if not again or again[0].change is Change.NEW:
            return current
        try:
            return self._adjust(current, again[0])
        except CallerError as error:
            return replace(current, refused=str(error))


def _keyed(revision: Revision) -> UsageRecord:
    """The record with its idempotency key; what was withdrawn and comes back is another record than the first."""
    assert revision.record is not None
    return replace(
        revision.record, once_key=revision.key if revision.number == 1 else f"{revision.key}#{revision.number}"
    )


def _published_from(row: Mapping[str, Any]) -> Published:
    record = row["record"] and msgspec.json.decode(row["record"], type=UsageRecord)
    return Published(
        key=row["usage_key"],
        number=row["revision"],
        record_id=row["record_id"],
        record=record,
        ended_at=row["ended_at"],
        settled=row["settled"],
    )


def _is_before(usage: Usage, since: datetime) -> bool:
    return usage.record is not None and usage.record.record_time < since
