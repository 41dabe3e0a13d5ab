"""Make the ledger say what a system knows now, whatever is there and wherever the last attempt ended.

A system states its usages: a record each, or that there is none any more. One rule holds for all systems:

- What was never stored is stored; what the ledger says otherwise is corrected; what is no more is voided. What the
  system itself voided and states again is stored under the next version of its key.
- What a person, or another program, corrected or voided stays, and is counted as kept.
- What lies in a closed period is neither corrected nor voided: it is rejected, with the reason, as is what the ledger
  does not take. New records are taken there as from any caller.

Every step can be done again. The database judges whether a key was used and whether a record was adjusted, so a process
that died between two steps, or works beside another, changes nothing that is done; what it had not noted is found here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from usage_service.database.bulk import among, chunks
from usage_service.database.database import Database
from usage_service.errors import AlreadyAdjusted, CallerError, KeyReused, NotStored, UsageServiceError
from usage_service.ledger.adjustments import Adjustments
from usage_service.ledger.model import Adjustment, Change, Correction, Reason, Receipt, Statement, Upserted
from usage_service.ledger.records import load_records
from usage_service.ledger.replaying import RecordMany
from usage_service.ledger.tables import once_key, usage_adjustment
from usage_service.record import UsageRecord, content_digest

GROUP = 500
"""Statements that share their transactions."""
ATTEMPTS = 3
"""How often a statement is tried that others get ahead of, or that could not be stored."""

Difference = Callable[[UsageRecord, UsageRecord], str]
"""What differs between the ledger and what is stated, as the reason of a correction; empty: nothing that counts."""


def any_difference(reason: str) -> Difference:
    """Whatever differs counts, for this reason."""
    return lambda before, now: "" if content_digest(before) == content_digest(now) else reason


@dataclass(frozen=True, slots=True)
class Author:
    """In whose name, and for which reasons, a system corrects and voids."""

    actor: str
    corrected: str  # reason code
    voided: Reason
    difference: Difference


@dataclass(frozen=True, kw_only=True, slots=True)
class CurrentVersion:
    """What stands for a usage now: the end of its chain of corrections."""

    record_id: str
    record: UsageRecord | None  # None: retention has removed it
    version: int  # records and voids, counted from 1
    voided: bool
    changed_by: str  # who, other than the asking system, voided or corrected it last; empty: no one


class Upserts:
    """Writes, corrects and voids for one system."""

    def __init__(self, database: Database, record_many: RecordMany, adjustments: Adjustments, author: Author) -> None:
        self._database = database
        self._record_many = record_many
        self._adjustments = adjustments
        self._author = author

    def apply(self, statements: Sequence[Statement]) -> list[Upserted]:
        """Make the ledger say this; what came of each, in their order.

        Raises `ServiceError` when the ledger cannot be reached; what was done until then is done, and the same
        statements can be made again.
        """
        results: list[Upserted] = []
        for start in range(0, len(statements), GROUP):
            results += self._apply(statements[start : start + GROUP])
        return results

    def _apply(self, statements: Sequence[Statement]) -> list[Upserted]:
        found = self._stored(
            {
                place: (one.record, 1)
                for place, one in enumerate(statements)
                if one.record is not None and not one.is_known and one.record_id is None
            },
            is_last=False,
        )
        for attempt in range(ATTEMPTS):
            rest = {place: one for place, one in enumerate(statements) if place not in found}
            if not rest:
                break
            found |= self._brought_up_to_date(rest, is_last=attempt == ATTEMPTS - 1)
        return [found[place] for place in range(len(statements))]

    def _stored(self, new: Mapping[int, tuple[UsageRecord, int]], *, is_last: bool) -> dict[int, Upserted]:
        """What came of storing records, each with its version.

        Left out are those whose key was used before, and those that could not be stored now but may be another time.
        """
        found: dict[int, Upserted] = {}
        if not new:
            return found
        outcomes = self._record_many([record for record, _ in new.values()])
        for (place, (record, version)), outcome in zip(new.items(), outcomes, strict=True):
            match outcome:
                case Receipt(replayed=False):
                    found[place] = Upserted(
                        change=Change.STORED, version=version, record_id=outcome.record_id, record=record
                    )
                case Receipt() | KeyReused():
                    pass
                case NotStored() if not is_last:
                    pass
                case CallerError() | NotStored():
                    found[place] = Upserted(change=Change.REJECTED, why=str(outcome))
                case UsageServiceError():
                    raise outcome
        return found

    def _brought_up_to_date(self, statements: Mapping[int, Statement], *, is_last: bool) -> dict[int, Upserted]:
        """What came of statements about usages that were stored before; without those that another got ahead of."""
        current = self._current(statements)
        found: dict[int, Upserted] = {}
        again: dict[int, tuple[UsageRecord, int]] = {}
        corrections: dict[int, Correction] = {}
        for place, statement in statements.items():
            match self._decided(statement, current.get(place)):
                case Upserted() as settled:
                    found[place] = settled
                case Correction() as correction:
                    corrections[place] = correction
                case (UsageRecord() as record, int(version)):
                    again[place] = record, version
        found |= self._stored(again, is_last=is_last)
        adjusted = self._adjustments.adjust(list(corrections.values())) if corrections else []
        for (place, correction), outcome in zip(corrections.items(), adjusted, strict=True):
            if not isinstance(outcome, AlreadyAdjusted) or is_last:
                found[place] = _adjusted(current[place], correction, outcome)
        if is_last:
            behind = Upserted(change=Change.REJECTED, why="others changed it all the time")
            found |= {place: behind for place in statements if place not in found}
        return found

    def _decided(
        self, statement: Statement, current: CurrentVersion | None
    ) -> Upserted | Correction | tuple[UsageRecord, int]:
        """What has to be done: nothing, a correction, or a record to be stored with its version."""
        record = statement.record
        if current is None:  # retention forgets keys
            return Upserted(change=Change.UNCHANGED) if record is None else (record, 1)
        if current.record is None:
            return Upserted(change=Change.UNCHANGED, version=current.version)
        as_it_is = Upserted(
            change=Change.UNCHANGED,
            version=current.version,
            record_id=None if current.voided else current.record_id,
            record=None if current.voided else current.record,
        )
        if current.voided:
            differs = "" if record is None else "stated again"
        elif record is None:
            differs = self._author.voided.text
        else:
            differs = self._author.difference(current.record, record)
        if not differs:
            return as_it_is
        if current.changed_by:
            return replace(as_it_is, change=Change.KEPT, why=f"{current.changed_by} changed it")
        if current.voided and record is not None:
            version = current.version + 1
            return replace(record, once_key=_key(statement.key, version)), version
        reason = self._author.voided
        if record is not None:
            reason = Reason(actor=self._author.actor, code=self._author.corrected, text=differs)
        return Correction(record_id=current.record_id, replacement=record, reason=reason)

    def _current(self, statements: Mapping[int, Statement]) -> dict[int, CurrentVersion]:
        """What stands for each usage now, by its place."""
        with self._database.connect() as connection:
            by_id = versions_of_records(
                connection, {one.record_id for one in statements.values() if one.record_id}, self._author.actor
            )
            entered = {place: by_id.get(one.record_id or "") for place, one in statements.items()}
            unknown = [
                (one.service, one.key)
                for place, one in statements.items()
                if one.key and ((version := entered[place]) is None or version.voided)
            ]
            by_key = versions_of_keys(connection, unknown, self._author.actor)
        found = {place: by_key.get((one.service, one.key)) or entered[place] for place, one in statements.items()}
        return {place: version for place, version in found.items() if version is not None}


def versions_of_records(connection: Connection, record_ids: Iterable[str], actor: str) -> dict[str, CurrentVersion]:
    """What stands for records now, by the id asked for; versions count from it. `actor` is who asks."""
    columns = usage_adjustment.c
    ends = {record_id: _End(record_id) for record_id in record_ids}
    following = {end.record_id: end for end in ends.values()}
    while following:
        next_ones: dict[str, _End] = {}
        for chunk in chunks(sorted(following)):
            query = select(columns.record_id, columns.replacement_id, columns.actor)
            for row in connection.execute(query.where(among(connection, columns.record_id, chunk))):
                end = following[row.record_id]
                end.version += 1
                end.changed_by = row.actor if row.actor != actor else end.changed_by
                if row.replacement_id is None:
                    end.voided = True
                else:
                    end.record_id = row.replacement_id
                    next_ones[row.replacement_id] = end
        following = next_ones
    records = {one.record_id: one.record for one in load_records(connection, [end.record_id for end in ends.values()])}
    return {
        record_id: CurrentVersion(
            record_id=end.record_id,
            record=records.get(end.record_id),
            version=end.version,
            voided=end.voided,
            changed_by=end.changed_by,
        )
        for record_id, end in ends.items()
    }


def versions_of_keys(
    connection: Connection, keys: Iterable[tuple[str, str]], actor: str
) -> dict[tuple[str, str], CurrentVersion]:
    """What stands for usages now, by service and idempotency key; a key that was never used is left out."""
    found: dict[tuple[str, str], CurrentVersion] = {}
    asked = {pair: (pair, 0) for pair in keys}  # the key of the version asked for → the usage's, and versions before it
    while asked:
        used = _used_keys(connection, asked)
        versions = versions_of_records(connection, used.values(), actor)
        withdrawn: dict[tuple[str, str], tuple[tuple[str, str], int]] = {}
        for pair, record_id in used.items():
            usage, before = asked[pair]
            current = versions[record_id]
            current = found[usage] = replace(current, version=before + current.version)
            if current.voided and not current.changed_by:
                service, key = usage
                withdrawn[service, _key(key, current.version + 1)] = usage, current.version
        asked = withdrawn
    return found


@dataclass(slots=True)
class _End:
    """How far a chain was followed."""

    record_id: str
    version: int = 1
    voided: bool = False
    changed_by: str = ""


def _used_keys(connection: Connection, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The records that used idempotency keys first."""
    by_service: dict[str, set[str]] = {}
    for service, key in keys:
        by_service.setdefault(service, set()).add(key)
    found: dict[tuple[str, str], str] = {}
    for service, some in by_service.items():
        query = select(once_key.c.key, once_key.c.record_id).where(once_key.c.service == service)
        for chunk in chunks(sorted(some)):
            rows = connection.execute(query.where(among(connection, once_key.c.key, chunk)))
            found |= {(service, row.key): row.record_id for row in rows}
    return found


def _key(key: str, version: int) -> str:
    """The idempotency key of what is stated again after it was voided."""
    return key if version == 1 else f"{key}#{version}"


def _adjusted(current: CurrentVersion, correction: Correction, outcome: Adjustment | CallerError) -> Upserted:
    if isinstance(outcome, CallerError):
        return Upserted(
            change=Change.REJECTED,
            version=current.version,
            record_id=current.record_id,
            record=current.record,
            why=str(outcome),
        )
    return Upserted(
        change=Change.VOIDED if correction.replacement is None else Change.CORRECTED,
        version=current.version + 1,
        record_id=outcome.replacement_id,
        record=correction.replacement,
    )
