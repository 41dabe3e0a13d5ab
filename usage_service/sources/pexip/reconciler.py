"""Reading the platform's history into what is known: page by page, each in one commit with how far it was read."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

import msgspec

from usage_service.sources.pexip.calls import Calls
from usage_service.sources.pexip.history import (
    ConferenceRow,
    ParticipantRow,
    horizon_warning,
    read_conference_row,
    read_participant_row,
)
from usage_service.sources.pexip.management_api import OVERLAP, Poll
from usage_service.sources.pexip.pieces import pieces_for_rows
from usage_service.sources.pexip.reconcile import (
    Finding,
    Reconciliation,
    Verdict,
    reconcile_conferences,
    reconcile_participants,
)
from usage_service.sources.pexip.rules import BillingRules
from usage_service.sources.pexip.shelf import Piece, StoredShelf, changed_pieces, marks

PARTICIPANTS, CONFERENCES, LAST_RUN = "participants", "conferences", "last run"
SHORTEST_PAUSE = timedelta(minutes=1)
"""Shortest time between two reconciliations that losses ask for."""
FIRST_LOOK_BACK = timedelta(days=7)
"""How far back the first reconciliation reads."""
BEFORE_A_LOSS = timedelta(minutes=1)
"""How much earlier than a loss the history is read again: its clock is not the node's."""
OF_NOTE = frozenset({Verdict.MISSING, Verdict.DIFFERING, Verdict.SURPLUS})


Row = ParticipantRow | ConferenceRow


class History(Protocol):
    """The Management API."""

    def participants(self, since: datetime, now: datetime) -> Iterator[Poll]: ...
    def conferences(self, since: datetime, now: datetime) -> Iterator[Poll]: ...
    def kept_conferences(self) -> int: ...
    def sink_alarms(self) -> list[Mapping[str, Any]]: ...


class Progress(Protocol):
    """How far the history was read, and which losses are open; see `store.pexip_progress`."""

    def watermark(self, name: str) -> datetime | None: ...
    def set_watermark(self, name: str, reached_at: datetime) -> None: ...
    def open_holes(self, before: datetime) -> datetime | None: ...
    def close_holes(self, before: datetime) -> None: ...


class Keeper(Protocol):
    """Saves one page in one commit; see `store.pexip_intake`."""

    def take_history(
        self,
        rows: Sequence[Mapping[str, Any]],
        findings: Sequence[Mapping[str, Any]],
        pieces: Iterable[Piece],
        untold: Iterable[tuple[str, str, str]],
        progress: tuple[str, datetime],
    ) -> None: ...


@dataclass(kw_only=True)
class Outcome:
    """What a reconciliation found."""

    rows: int = 0
    rejected: int = 0  # rows that could not be read; kept with their reason
    verdicts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    warnings: list[str] = field(default_factory=list)  # of the horizon, of alarms and of silent nodes

    def add(self, read: Sequence[Row | str], found: Reconciliation) -> None:
        """Count one page."""
        self.rows += len(read)
        self.rejected += sum(isinstance(row, str) for row in read)
        for verdict in Verdict:
            self.verdicts[verdict] += found.count(verdict)


class Page(NamedTuple):
    """Rows of one kind as they came, each with what was read, or the reason why nothing was."""

    kind: str
    rows: Sequence[tuple[Any, Row | str]]


Silent = Callable[[datetime], Sequence[tuple[str, datetime]]]
"""The nodes that have been silent for too long at a time, each with when it last said something."""
Noted = Callable[[int], None]
"""Told after each page how many rows it had."""


class Reconciler:
    """Compares the history with what the events gave us. To be used by one process at a time."""

    def __init__(
        self,
        *,
        history: History,
        progress: Progress,
        keeper: Keeper,
        shelf: StoredShelf,
        rules: BillingRules,
        memory: timedelta,
        silent: Silent,
    ) -> None:
        self._history = history
        self._progress = progress
        self._keeper = keeper
        self._shelf = shelf
        self._rules = rules
        self._memory = memory
        self._silent = silent

    def is_due(self, now: datetime, every: timedelta) -> bool:
        """By the clock, or sooner because events were lost whose time the history can already tell about."""
        last = self._progress.watermark(LAST_RUN)
        if last is None or now - last >= every:
            return True
        return now - last >= SHORTEST_PAUSE and self._progress.open_holes(now - OVERLAP) is not None

    def run(self, now: datetime, noted: Noted = lambda rows: None, since: datetime | None = None) -> Outcome:
        """Read what is new, and again what happened around every loss. Raises `ServiceError`; then what was read
        stays read.
        """
        outcome = Outcome()
        again = self._progress.open_holes(now - OVERLAP)
        for name, poll, take in (
            (PARTICIPANTS, self._history.participants, self._take_participants),
            (CONFERENCES, self._history.conferences, self._take_conferences),
        ):
            reached = self._progress.watermark(name) or now - FIRST_LOOK_BACK
            wanted = [reached, since or reached, again - BEFORE_A_LOSS if again else reached]
            for page in poll(min(wanted), now):
                take(page.rows, max(reached, page.watermark), outcome)
                noted(len(page.rows))
        self._progress.close_holes(now - OVERLAP)
        self._progress.set_watermark(LAST_RUN, now)
        outcome.warnings += self._warnings(now)
        return outcome

    def _warnings(self, now: datetime) -> list[str]:
        near = horizon_warning(self._history.kept_conferences())
        alarms = [f"alarm {alarm.get('name')} on node {alarm.get('node')}" for alarm in self._history.sink_alarms()]
        silent = [f"node {node} has been silent since {last:%Y-%m-%d %H:%M} UTC" for node, last in self._silent(now)]
        return ([near] if near else []) + alarms + silent

    def _take_participants(self, rows: Sequence[Any], watermark: datetime, outcome: Outcome) -> None:
        read = [read_participant_row(row) for row in rows]
        good = [row for row in read if isinstance(row, ParticipantRow)]
        calls = pieces_for_rows(good, [], self._shelf)
        found = reconcile_participants(calls, good, self._rules)
        self._keep(Page("participant", list(zip(rows, read, strict=True))), calls, found, (PARTICIPANTS, watermark))
        outcome.add(read, found)

    def _take_conferences(self, rows: Sequence[Any], watermark: datetime, outcome: Outcome) -> None:
        read = [read_conference_row(row) for row in rows]
        good = [row for row in read if isinstance(row, ConferenceRow)]
        calls = pieces_for_rows([], good, self._shelf)
        found = reconcile_conferences(calls, good, self._rules)
        self._keep(Page("conference", list(zip(rows, read, strict=True))), calls, found, (CONFERENCES, watermark))
        outcome.add(read, found)

    def _keep(self, page: Page, calls: Calls, found: Reconciliation, progress: tuple[str, datetime]) -> None:
        rows = {row["row_id"]: row for row in (_history_row(page.kind, *one) for one in page.rows)}
        self._keeper.take_history(
            list(rows.values()),
            [_finding_row(finding) for finding in found.findings if finding.verdict in OF_NOTE],
            changed_pieces(calls, found.touched, self._memory),
            marks(found.touched),
            progress,
        )


def _finding_row(finding: Finding) -> dict[str, Any]:
    return {
        "row_id": finding.row_id,
        "usage_key": finding.key,
        "verdict": finding.verdict.value,
        "differences": ",".join(finding.differences),
    }


def _history_row(kind: str, raw: Any, row: Row | str) -> dict[str, Any]:
    """The row that keeps a row of the history as it came."""
    body = msgspec.json.encode(raw)
    if isinstance(row, str):
        return {"kind": kind, "row_id": sha256(body).hexdigest(), "reason": row, "body": body}
    return {"kind": kind, "row_id": row.id[:250], "reason": None, "body": body}
