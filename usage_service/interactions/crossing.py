"""Rules that tie records of other systems to an interaction.

A rule names a property of a service's records and what of a call it must equal: an attribute (`NetworkCallID`,
`UserData.KEY`), or `CallUUID`, `ConnID` or `LinkID`. So a SIP Call-ID noted by Call Notification, or the conversation
of a Pexip leg, leads to the calls that carry the same value.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from usage_service.accounting.records import StoredRecord
from usage_service.errors import ConfigurationError
from usage_service.sources.genesys.call import Call, CallKey
from usage_service.sources.genesys.interaction import Interaction
from usage_service.sources.genesys.trace import Related

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
            raise ConfigurationError(f"interaction_rules: needs service, property and matches, not {dict(setting)}")
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
