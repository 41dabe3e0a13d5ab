"""Which record of the ledger stands for a leg or meeting, and how it is put right."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    CTE,
    Column,
    ColumnElement,
    ScalarSelect,
    Text,
    column,
    delete,
    exists,
    func,
    select,
    values,
)

from usage_service.accounting.adjustments import Reason
from usage_service.record import UsageRecord
from usage_service.store.adjustments import Adjustments
from usage_service.store.database import Database
from usage_service.store.pexip_pieces import among, portions, put
from usage_service.store.pexip_tables import pexip_untold, pexip_usage
from usage_service.store.tables import once_key, usage_adjustment

ACTOR = "pexip"
"""Who adjusts records when the platform knows better."""
_COLUMNS = tuple(column for column in pexip_usage.columns if column.name != "told_at")
_SEPARATOR = "\x1e"
"""Between keys; no record can hold this character (XML 1.0, section 2.2)."""
_REPLACED = tuple(column.name for column in pexip_usage.columns if column.name != "usage_key")


class Standing(NamedTuple):
    """What stands in a record's place now."""

    record_id: str | None  # None: it was voided
    record: UsageRecord | None
    changed_by: str  # who other than this source voided or corrected it; empty: nobody


class PexipUsages:
    """Tells which record stands for a usage now, and changes that."""

    def __init__(self, database: Database, adjustments: Adjustments) -> None:
        self._database = database
        self._adjustments = adjustments

    def with_keys(self, service: str, keys: Collection[str]) -> list[Mapping[str, Any]]:
        """What the ledger was told of these usages."""
        noted = self._noted(keys)
        return noted + self._unnoted(service, set(keys) - {row["usage_key"] for row in noted})

    def with_prefixes(self, service: str, prefixes: Collection[str]) -> dict[str, list[Mapping[str, Any]]]:
        """What the ledger was told of all usages whose key begins so, by prefix; prefixes end with a colon."""
        keys = self._keys_with(service, prefixes)
        told = {row["usage_key"]: row for row in self.with_keys(service, set().union(*keys.values()))}
        return {prefix: [told[key] for key in sorted(found & told.keys())] for prefix, found in keys.items()}

    def note(self, rows: Sequence[Mapping[str, Any]], told: Iterable[tuple[str, str]]) -> None:
        """Enter what the ledger was told; what it was told of (kind, id) no longer waits."""
        now = datetime.now(UTC)
        with self._database.transaction() as connection:
            put(connection, pexip_usage, [{**row, "told_at": now} for row in rows], _REPLACED)
            ids: dict[str, list[str]] = {}
            for kind, piece_id in told:
                ids.setdefault(kind, []).append(piece_id)
            for kind, some in ids.items():
                marks = (pexip_untold.c.kind == kind, among(connection, pexip_untold.c.id, some))
                connection.execute(delete(pexip_untold).where(*marks))

    def correct(self, record_id: str, replacement: UsageRecord, code: str, text: str) -> str:
        """Put a record in the place of another and return its id; raises as `Adjustments.correct`."""
        adjustment = self._adjustments.correct(record_id, replacement, Reason(actor=ACTOR, code=code, text=text))
        return adjustment.replacement_id or ""

    def void(self, record_id: str, code: str, text: str) -> None:
        """Make a record count no more; raises as `Adjustments.void`."""
        self._adjustments.void(record_id, Reason(actor=ACTOR, code=code, text=text))

    def keyed(self, service: str, key: str) -> str | None:
        """The id of the record that used a once-only key."""
        columns = once_key.c
        query = select(columns.record_id).where(columns.service == service, columns.key == key)
        with self._database.connect() as connection:
            found: str | None = connection.scalar(query)
            return found

    def in_force(self, record_id: str) -> Standing:
        """The record that stands in a record's place now."""
        history = self._adjustments.history(record_id)
        last = history[-1]
        others = [entry.adjustment.reason.actor for entry in history if entry.adjustment]
        changed_by = next((actor for actor in reversed(others) if actor != ACTOR), "")
        if last.adjustment is not None:
            return Standing(None, None, changed_by)
        return Standing(last.stored.record_id, last.stored.record, changed_by)

    def used(self, service_tag: str, start: datetime, end: datetime) -> timedelta:
        """Time of the billed legs under a service tag that ended in a period. What a person made of a leg counts as
        that person said.
        """
        columns = pexip_usage.c
        changed = exists().where(usage_adjustment.c.record_id == columns.record_id)
        legs = (columns.service_tag == service_tag, columns.ended_at >= start, columns.ended_at < end)
        with self._database.connect() as connection:
            seconds = connection.scalar(select(func.sum(columns.seconds)).where(*legs, ~changed)) or 0
            by_people = list(connection.scalars(select(columns.record_id).where(*legs, changed)))
        return timedelta(seconds=int(seconds) + sum(self._seconds(record_id, service_tag) for record_id in by_people))

    def _seconds(self, record_id: str, service_tag: str) -> int:
        record = self.in_force(record_id).record
        properties = dict(record.properties) if record else {}
        return int(properties.get("durationSeconds", 0)) if properties.get("serviceTag") == service_tag else 0

    def refused(self) -> int:
        """How many changes the ledger did not take."""
        query = select(func.count()).select_from(pexip_usage).where(pexip_usage.c.refused.is_not(None))
        with self._database.connect() as connection:
            return connection.scalar(query) or 0

    def refusals(self, limit: int) -> list[Mapping[str, Any]]:
        """The newest changes that the ledger did not take, each with the reason."""
        columns = pexip_usage.c
        query = select(columns.usage_key, columns.record_id, columns.told_at, columns.refused)
        newest = query.where(columns.refused.is_not(None)).order_by(columns.told_at.desc(), columns.usage_key)
        with self._database.connect() as connection:
            return [dict(row) for row in connection.execute(newest.limit(limit)).mappings()]

    def _keys_with(self, service: str, prefixes: Collection[str]) -> dict[str, set[str]]:
        """The keys that begin so, noted or not, by prefix.

        One index range for each prefix, which a planner cannot turn into a walk over the whole table: it expects a
        range whose ends it does not know to be large.
        """
        found: dict[str, set[str]] = {}
        with self._database.connect() as connection:
            for some in portions(sorted(prefixes)):
                rows = [(prefix, prefix[:-1] + ";") for prefix in some]  # the character behind the colon
                wanted = values(column("prefix", Text), column("behind", Text), name="wanted").data(rows).cte()
                noted = _joined_keys(pexip_usage.c.usage_key, wanted)
                used = _joined_keys(once_key.c.key, wanted, once_key.c.service == service)
                for prefix, *texts in connection.execute(select(wanted.c.prefix, noted, used)):
                    keys = {key for text in texts if text for key in text.split(_SEPARATOR)}
                    found[prefix] = {key for key in keys if "#" not in key[len(prefix) :]}  # a later revision's own key
        return found

    def _noted(self, keys: Collection[str]) -> list[Mapping[str, Any]]:
        query = select(*_COLUMNS)
        noted: list[Mapping[str, Any]] = []
        with self._database.connect() as connection:
            for some in portions(sorted(keys)):
                found = connection.execute(query.where(among(connection, pexip_usage.c.usage_key, some)))
                noted += [dict(row) for row in found.mappings()]
        return noted

    def _unnoted(self, service: str, keys: Collection[str]) -> list[Mapping[str, Any]]:
        """What the ledger was told just before a crash, so that it was never noted: the ledger itself knows."""
        query = select(once_key.c.key, once_key.c.record_id).where(once_key.c.service == service)
        found: list[tuple[str, str]] = []
        with self._database.connect() as connection:
            for some in portions(sorted(keys)):
                found += [
                    (key, record_id)
                    for key, record_id in connection.execute(query.where(among(connection, once_key.c.key, some)))
                ]
        return [self._as_noted(key, self.in_force(record_id)) for key, record_id in found]

    def _as_noted(self, key: str, standing: Standing) -> Mapping[str, Any]:
        row: dict[str, Any] = dict.fromkeys(column.name for column in _COLUMNS)
        row |= {"usage_key": key, "revision": 1, "settled": bool(standing.changed_by)}
        if standing.record is not None:
            record = standing.record
            row |= {"record_id": standing.record_id, "record": msgspec.json.encode(record)}
            row |= {"ended_at": record.record_time}
        return row


def _joined_keys(key: Column[str], wanted: CTE, *conditions: ColumnElement[bool]) -> ScalarSelect[str]:
    """All keys in a range as one text."""
    inside = (key >= wanted.c.prefix, key < wanted.c.behind)
    return select(func.aggregate_strings(key, _SEPARATOR)).where(*conditions, *inside).scalar_subquery()
