"""Publishing to the ledger: a new record, a correction or a void for whatever changed, each exactly once.

The ledger and our note of what was published are two commits. After a crash between them the ledger knows more than
the note, and `Upserts` finds what is there.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from usage_service.errors import ServiceError
from usage_service.ledger.model import Change as LedgerChange
from usage_service.ledger.model import Reason, Statement, Upserted
from usage_service.ledger.upsert import Author, Upserts
from usage_service.record import EPOCH, UsageRecord
from usage_service.systems.pexip.calls import Calls
from usage_service.systems.pexip.repository import CONFERENCE, LEG, StoredRepository, state_about
from usage_service.systems.pexip.rules import BillingRules
from usage_service.systems.pexip.store import ACTOR, PexipStates, PexipUsages
from usage_service.systems.pexip.usage import (
    CONFERENCE_SERVICE,
    PARTICIPANT_SERVICE,
    Change,
    Revision,
    Usage,
    Written,
    conference_key_prefix,
    conference_usage,
    differences,
    leg_key,
    revise_all,
)

BATCH = {LEG: 500, CONFERENCE: 200}
"""Most legs or conferences published in one step; a conference brings all legs of its room."""

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
    """Publishes what changed to the ledger. To be used by one process at a time."""

    def __init__(
        self, states: PexipStates, ledger: PexipUsages, upserts: Upserts, rules: BillingRules, memory: timedelta
    ) -> None:
        self._states = states
        self._ledger = ledger
        self._upserts = upserts
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
        with self._states.reading() as reader:
            calls = state_about(uuids, names, StoredRepository(reader))
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
        statements = [_statement(revision, held.get(revision.key)) for revision in revisions]
        outcomes = self._upserts.apply(statements)
        return [
            _outcome(held.get(revision.key) or Published(key=revision.key), revision, outcome)
            for revision, outcome in zip(revisions, outcomes, strict=True)
        ]


def _statement(revision: Revision, held: Published | None) -> Statement:
    service = PARTICIPANT_SERVICE if revision.record is None else revision.record.service
    if revision.record is None and held is not None and held.record is not None:
        service = held.record.service
    return Statement(
        record=revision.record and replace(revision.record, once_key=revision.key),
        service=service,
        key=revision.key,
        is_known=revision.change is not Change.NEW,
    )


def _outcome(held: Published, revision: Revision, outcome: Upserted) -> Published:
    """What to note; what a person changed is that person's from then on: the platform's data does not know why."""
    published = replace(
        held, number=outcome.version, record_id=outcome.record_id, record=outcome.record and revision.record
    )
    match outcome.change:
        case LedgerChange.KEPT:
            differing = ", ".join(revision.differences) or revision.change
            return replace(published, record=outcome.record, settled=True, refused=f"{outcome.why}; now: {differing}")
        case LedgerChange.REJECTED:
            return replace(held, refused=outcome.why)
        case _:
            return published


def _better_data(before: UsageRecord, now: UsageRecord) -> str:
    differing = ", ".join(differences(before, now))
    return differing and f"better data: {differing}"


AUTHOR = Author(
    actor=ACTOR,
    corrected="LATE_DATA",
    voided=Reason(actor=ACTOR, code="NOT_BILLED", text="it turned out not to be billed"),
    difference=_better_data,
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
