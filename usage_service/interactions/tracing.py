"""Finding interactions by whatever identifier somebody has in hand, and telling their whole path across systems."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from usage_service.errors import NotFound
from usage_service.interactions.book import neighbourhood
from usage_service.interactions.crossing import Rule, related
from usage_service.interactions.settling import NO_TIME_OUTS
from usage_service.sources.genesys.interaction import Interaction
from usage_service.sources.genesys.link import Policy
from usage_service.sources.genesys.trace import Related, to_dict
from usage_service.store.database import Database
from usage_service.store.genesys_calls import Transaction, snapshot
from usage_service.store.genesys_interactions import (
    InteractionRow,
    calls_known_as,
    latest_interactions,
    times_applied,
)
from usage_service.store.referring import records_referring


@dataclass(frozen=True, slots=True)
class Trace:
    """An interaction, and what other systems recorded of it."""

    interaction: Interaction
    related: tuple[Related, ...]


class Interactions:
    """Answers questions about stored interactions."""

    def __init__(self, database: Database, policy: Policy, rules: Sequence[Rule] = ()) -> None:
        self._database = database
        self._policy = policy
        self._rules = rules

    def traces(self, identifier: str) -> list[Trace]:
        """The interactions known by a CallUUID, a link id, a ConnID or a value that a rule matches; the first of these
        that anything is known by. Several, where a ConnID was used again. Raises `NotFound`."""
        with snapshot(self._database) as transaction:
            found = self._known_as(transaction, identifier)
        if not found:
            raise NotFound("interaction known as", identifier)
        find = partial(records_referring, self._database)
        return [Trace(interaction, tuple(related(interaction, self._rules, find))) for interaction in found]

    def trace_interaction(self, identifier: str) -> dict[str, Any]:
        """The same as plain values, for other protocols."""
        return {
            "identifier": identifier,
            "interactions": [to_dict(trace.interaction, trace.related) for trace in self.traces(identifier)],
        }

    def latest(
        self, *, final: bool | None = None, problems_only: bool = False, limit: int = 100
    ) -> list[InteractionRow]:
        """The interactions that started last; all, or only final or open ones, or those with contradictions."""
        with snapshot(self._database) as transaction:
            return latest_interactions(transaction, final=final, problems_only=problems_only, limit=limit)

    def _known_as(self, transaction: Transaction, identifier: str) -> list[Interaction]:
        attributes = [rule.matches for rule in self._rules]
        call_uuids = next(filter(None, calls_known_as(transaction, identifier, attributes)), set())
        near = neighbourhood(transaction, call_uuids)
        applied = times_applied(transaction, near.call_uuids)
        return [
            interaction
            for interaction, _ in near.interactions(self._policy, NO_TIME_OUTS, applied)
            if any(call.key.call_uuid in call_uuids for call in interaction.calls)
        ]
