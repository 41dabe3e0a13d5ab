"""Counting what each node sent, so that a loss is known and its time can be reconciled."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from usage_service.sources.pexip.events import Kind
from usage_service.sources.pexip.sequence import Epoch, SequenceLog, Sighting, epochs, observe

BATCH = 5_000
"""Most events counted in one step."""

Node = tuple[str, str]
"""Sink and node: what is numbered together."""


class Numbered(Protocol):
    """One numbered event."""

    @property
    def sink(self) -> str: ...
    @property
    def node(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def event_time(self) -> datetime: ...
    @property
    def event(self) -> str: ...


class Counts(Protocol):
    """Where the count is kept; see `store.pexip_progress`."""

    def uncounted(self, limit: int) -> tuple[Sequence[Any], int]: ...
    def sequences(self, nodes: Collection[Node]) -> dict[Node, bytes]: ...
    def count(
        self,
        counted_up_to: int,
        states: Mapping[Node, bytes],
        epochs: Sequence[Mapping[str, Any]],
        holes: Sequence[Mapping[str, Any]],
    ) -> None: ...


def count_step(counts: Counts, source: str) -> int:
    """Count some of the events that were read; returns how many."""
    numbered, up_to = counts.uncounted(BATCH)
    if not numbered:
        return 0
    seen: dict[Node, list[Sighting]] = {}
    for one in numbered:
        starts = one.event == Kind.SINK_STARTED
        seen.setdefault((one.sink, one.node), []).append(Sighting(one.event_time, one.seq, starts))
    states = counts.sequences(seen.keys())
    logs = {node: observe(_log(states.get(node)), sightings) for node, sightings in seen.items()}
    told = [(f"{source}/{sink}/{node}", log, epochs(log)) for (sink, node), log in logs.items()]
    counts.count(
        up_to,
        {node: msgspec.json.encode(log) for node, log in logs.items()},
        [row for place, log, runs in told for row in _epoch_rows(place, log, runs)],
        [row for place, _, runs in told for run in runs for row in _hole_rows(place, run)],
    )
    return len(numbered)


def _log(state: bytes | None) -> SequenceLog:
    return SequenceLog() if state is None else msgspec.json.decode(state, type=SequenceLog)


def _epoch_rows(source: str, log: SequenceLog, runs: Sequence[Epoch]) -> list[dict[str, Any]]:
    return [
        {
            "source": source,
            "opened_at": run.opened,
            "highest": run.highest,
            "missing": sum(hole.last - hole.first + 1 for hole in run.holes),
            "repeated": log.repeats if run is runs[-1] else 0,
            "latest_at": run.latest,
        }
        for run in runs
    ]


def _hole_rows(source: str, run: Epoch) -> list[dict[str, Any]]:
    return [
        {
            "source": source,
            "opened_at": run.opened,
            "first_number": hole.first,
            "last_number": hole.last,
            "after_time": hole.after,
            "before_time": hole.before,
        }
        for hole in run.holes
    ]
