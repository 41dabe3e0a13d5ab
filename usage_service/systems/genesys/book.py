"""Calls taken out of the store for the model, whole neighbourhoods at a time, and put back.

The model walks from call to call (`CallBook`); asking the database at every step would cost a query for each. So all
that can be reached from some calls is fetched first, ring by ring, and the walk is done in memory.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from usage_service.systems.genesys.call import CallKey
from usage_service.systems.genesys.call_book import CallTable, apply
from usage_service.systems.genesys.event import CallEvent
from usage_service.systems.genesys.interaction import Interaction, assemble, connected
from usage_service.systems.genesys.link import Policy
from usage_service.systems.genesys.rows import call_from, rows_of
from usage_service.systems.genesys.store import KnownCall, Transaction, calls_with, neighbours, put_calls


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Everything that is known of some calls and of all that they are tied to."""

    known: dict[CallKey, KnownCall]
    table: CallTable

    @property
    def call_uuids(self) -> set[str]:
        """The CallUUIDs of all its calls."""
        return {key.call_uuid for key in self.known}

    def groups(self) -> list[set[CallKey]]:
        """The keys of each interaction."""
        groups: list[set[CallKey]] = []
        seen: set[CallKey] = set()
        for key in sorted(self.known):
            if key not in seen:
                groups.append(set(connected(self.table, key)))
                seen |= groups[-1]
        return groups

    def interactions(
        self, policy: Policy, as_of: datetime, applied: Mapping[str, datetime]
    ) -> list[tuple[Interaction, datetime]]:
        """The interactions with time-outs up to `as_of`, or as far as they were `applied` (by CallUUID) before; each
        with that time."""
        found = []
        for group in self.groups():
            latest = max([as_of, *(applied.get(key.call_uuid, as_of) for key in group)])
            found.append((assemble([self.table.calls[key] for key in group], policy, latest), latest))
        ids = Counter(interaction.interaction_id for interaction, _ in found)
        return [(one if ids[one.interaction_id] == 1 else _at_its_server(one), latest) for one, latest in found]


def _at_its_server(interaction: Interaction) -> Interaction:
    """The interaction with its server in its id: two servers use the CallUUID, against the vendor's promise."""
    call_uuid = interaction.interaction_id
    server = next(call.key.server for call in interaction.calls if call.key.call_uuid == call_uuid)
    return replace(interaction, interaction_id=f"{call_uuid}@{server}")


def neighbourhood(transaction: Transaction, call_uuids: Iterable[str]) -> Neighbourhood:
    """All calls that can be reached from these over links, merges and equal CallUUIDs."""
    known: dict[CallKey, KnownCall] = {}
    table = CallTable()
    ring, seen = set(call_uuids), set[str]()
    while ring:
        found = calls_with(transaction, ring)
        for (call_uuid, server), call in found.items():
            known[CallKey(server, call_uuid)] = call
            table.put(call_from(call.rows))
        seen |= ring
        ring = neighbours(transaction, [call.rows for call in found.values()]) - seen
    return Neighbourhood(known, table)


def enter(transaction: Transaction, events: Iterable[CallEvent]) -> int:
    """Enter events into the stored calls; returns how many calls they changed."""
    said = list(events)
    known = calls_with(transaction, {event.call_uuid for event in said})
    table = CallTable()
    for call in known.values():
        table.put(call_from(call.rows))
    before = dict(table.calls)
    for event in said:
        apply(table, event)
    changed = [(before.get(key), call) for key, call in table.calls.items() if before.get(key) != call]
    put_calls(transaction, [(rows_of(old) if old else None, rows_of(new)) for old, new in changed])
    return len(changed)
