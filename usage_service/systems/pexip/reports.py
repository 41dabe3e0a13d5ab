"""Questions about Pexip usage, for people and for the policy server. One method for each question."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, or_, select

from usage_service.database.database import Database
from usage_service.systems.pexip.tables import (
    pexip_decision,
    pexip_event,
    pexip_finding,
    pexip_hole,
    pexip_leg,
    pexip_node_silence,
)

GROUPS = {"service-tag": ["service_tag"], "call-tag": ["call_tag", "call_tag_trust"], "location": ["location"]}
"""What usage can be summed up by, and the columns that makes."""


class PexipReports:
    """Answers questions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def usage(self, by: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
        """Legs and seconds of what ended in a period, summed up by one of `GROUPS`; most first."""
        groups = [pexip_leg.c[name] for name in GROUPS[by]]
        seconds = func.sum(pexip_leg.c.seconds)
        query = (
            select(*groups, func.count().label("legs"), seconds.label("seconds"))
            .where(pexip_leg.c.ended_at >= start, pexip_leg.c.ended_at < end)
            .group_by(*groups)
            .order_by(seconds.desc(), *groups)
        )
        return [{**row, "seconds": int(row["seconds"])} for row in self._rows(query)]

    def events(
        self, *, subject: str | None = None, node: str | None = None, unread: bool = False, limit: int = 100
    ) -> list[dict[str, Any]]:
        """The newest events, of one participant or conference, of one node, or those that could not be read."""
        columns = pexip_event.c
        query = select(*(column for column in columns if column.name != "body")).order_by(columns.event_id.desc())
        if subject is not None:
            query = query.where(columns.subject == subject)
        if node is not None:
            query = query.where(columns.node == node)
        if unread:
            query = query.where(columns.reason.is_not(None))
        return self._rows(query.limit(limit))

    def nodes(self) -> list[dict[str, Any]]:
        """Since when each node has been silent."""
        return self._rows(select(pexip_node_silence).order_by(pexip_node_silence.c.sink, pexip_node_silence.c.node))

    def gaps(self) -> list[dict[str, Any]]:
        """Numbers that never came."""
        return self._rows(select(pexip_hole).order_by(pexip_hole.c.source, pexip_hole.c.before_time))

    def findings(self, since: datetime | None = None) -> dict[str, int]:
        """How often history said other than we had recorded, by verdict."""
        query = select(pexip_finding.c.verdict, func.count().label("found")).group_by(pexip_finding.c.verdict)
        if since is not None:
            query = query.where(pexip_finding.c.found_at >= since)
        return {row["verdict"]: row["found"] for row in self._rows(query)}

    def note_decisions(self, decisions: Sequence[Mapping[str, Any]]) -> None:
        """Keep policy decisions."""
        now = datetime.now(UTC)
        with self._database.transaction() as connection:
            connection.execute(insert(pexip_decision), [{"decided_at": now, **decision} for decision in decisions])

    def decisions(self, limit: int = 100) -> list[dict[str, Any]]:
        """The newest policy decisions."""
        return self._rows(select(pexip_decision).order_by(pexip_decision.c.decided_at.desc()).limit(limit))

    def set_by_policy(self, participant_uuid: str, call_id: str | None, call_tag: str) -> bool:
        """Whether a policy decision set this call tag for this participant or call."""
        columns = pexip_decision.c
        whose = [columns.participant_uuid == participant_uuid, columns.call_uuid == (call_id or participant_uuid)]
        query = select(columns.call_tag).where(columns.call_tag == call_tag, or_(*whose)).limit(1)
        with self._database.connect() as connection:
            return connection.scalar(query) is not None

    def _rows(self, query: Any) -> list[dict[str, Any]]:
        with self._database.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]
