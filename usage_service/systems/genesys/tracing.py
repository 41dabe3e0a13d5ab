"""Rules that tie records of other systems to an interaction.

A rule names a property of a service's records and what of a call it must equal: an attribute (`NetworkCallID`,
`UserData.KEY`), or `CallUUID`, `ConnID` or `LinkID`. So a SIP Call-ID noted by Call Notification, or the conversation
of a Pexip leg, leads to the calls that carry the same value.

Finding interactions by whatever identifier is at hand, and showing their whole path across systems.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from usage_service.database.database import Database
from usage_service.errors import ConfigurationError, NotFound
from usage_service.ledger.model import StoredRecord
from usage_service.systems.genesys.book import neighbourhood
from usage_service.systems.genesys.call import Call, CallKey
from usage_service.systems.genesys.interaction import Interaction
from usage_service.systems.genesys.link import Policy
from usage_service.systems.genesys.settling import NO_TIME_OUTS
from usage_service.systems.genesys.store import (
    InteractionRow,
    Transaction,
    calls_known_as,
    latest_interactions,
    records_referring,
    snapshot,
    times_applied,
)
from usage_service.systems.genesys.trace import Related, to_dict

SLACK = timedelta(hours=1)
"""How far the clocks of two systems, or the end of a call and its record, may lie apart."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A record of `service` whose `property` equals what a call has as `matches` belongs to the call's interaction."""

    service: str
    property: str  # name of a property, or globalTransactionID
    matches: str

    @classmethod
    def of(cls, setting: Mapping[str, str]) -> "Rule":
        """The rule that a setting states; raises `ConfigurationError` when it states none."""
        if set(setting) != {"service", "property", "matches"}:
            raise ConfigurationError(
                f"genesys.interaction_rules: needs service, property and matches, not {dict(setting)}"
            )
        return cls(setting["service"], setting["property"], setting["matches"])


class FindReferring(Protocol):
    """What counts of a service's records in a span of time and has one of the values as that property."""

    def __call__(
        self, service: str, name: str, values: Sequence[str], span: tuple[datetime, datetime]
    ) -> list[StoredRecord]: ...


def related(interaction: Interaction, rules: Iterable[Rule], find: FindReferring) -> list[Related]:
    """The records of other systems that belong to an interaction, each with the call it is tied to."""
    span = _span(interaction)
    found = []
    for rule in rules:
        calls = _calls_by_value(interaction, rule.matches)
        for stored in find(rule.service, rule.property, sorted(calls), span) if calls else ():
            value = _value(stored, rule.property, calls)
            found.append(
                Related(
                    call=calls[value],
                    record_id=stored.record_id,
                    service=stored.record.service,
                    event_type=stored.record.event_type,
                    time=stored.record.record_time,
                    property=rule.property,
                    value=value,
                )
            )
    return sorted(dict.fromkeys(found), key=lambda one: (one.service, one.time, one.record_id))


def _calls_by_value(interaction: Interaction, matches: str) -> dict[str, CallKey]:
    """Value → the first call on the path that carries it."""
    found: dict[str, CallKey] = {}
    for call in interaction.calls:
        for value in _values(call, matches):
            found.setdefault(value, call.key)
    return found


def _values(call: Call, matches: str) -> Iterable[str]:
    match matches:
        case "CallUUID":
            return [call.key.call_uuid]
        case "ConnID":
            return call.conn_ids
        case "LinkID":
            return call.links
    stated = call.value(matches)
    return [] if stated is None else [stated]


def _value(stored: StoredRecord, name: str, calls: Mapping[str, CallKey]) -> str:
    values = defaultdict(list, {"globalTransactionID": [stored.record.global_transaction_id]})
    for found, value in stored.record.properties:
        values[found].append(value)
    return next(value for value in values[name] if value in calls)


def _span(interaction: Interaction) -> tuple[datetime, datetime]:
    ends = [(call.ended or call.first).time for call in interaction.calls]
    starts = [call.started for call in interaction.calls]
    return min(starts) - SLACK, max(ends + starts) + SLACK


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
