"""Comparing the platform's history with what the events gave us.

ManagementApi is the authority for closed legs, events are the fast path. A row is compared by taking it in: what
is recorded for its leg before and after tells whether it was missing, differing or equal, so there is one
definition of both.

Reading the platform's history into what is known: page by page, each in one commit with how far it was read.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from usage_service.systems.pexip.calls import Calls, Touched
from usage_service.systems.pexip.history import (
    ConferenceRow,
    ParticipantRow,
    horizon_warning,
    leg_identity,
    pair,
    read_conference_row,
    read_participant_row,
    row_identity,
)
from usage_service.systems.pexip.management_api import OVERLAP, ManagementApi
from usage_service.systems.pexip.repository import StoredRepository, changed_states, marks, state_for_rows
from usage_service.systems.pexip.rules import BillingRules
from usage_service.systems.pexip.store import PexipIntake, PexipProgress, PexipStates
from usage_service.systems.pexip.usage import Usage, conference_usage, differences


class Verdict(StrEnum):
    """How history relates to our record of one leg or conference."""

    MISSING = "missing"  # history bills it, we had no record
    DIFFERING = "differing"
    SURPLUS = "surplus"  # we had a record, history says it is not billed
    EQUAL = "equal"
    FREE = "free"  # neither bills it


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The verdict on one history row."""

    row_id: str
    key: str
    verdict: Verdict
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """The verdicts on a batch of rows, and what has to be looked at again to record them."""

    findings: tuple[Finding, ...] = ()
    touched: Touched = field(default_factory=Touched)

    def count(self, verdict: Verdict) -> int:
        """How many rows got this verdict."""
        return sum(finding.verdict is verdict for finding in self.findings)

    def __add__(self, other: "Reconciliation") -> "Reconciliation":
        return Reconciliation(findings=self.findings + other.findings, touched=self.touched | other.touched)


def reconcile_participants(calls: Calls, rows: Iterable[ParticipantRow], rules: BillingRules) -> Reconciliation:
    """Take history rows into `calls` and report what they changed. Taking a row twice changes nothing."""
    batch = list(rows)
    confirmed = {leg.history_id: leg.uuid for leg in calls.legs.values() if leg.history_id}
    unknown = [row for row in batch if row.id not in confirmed]
    waiting = [leg_identity(leg) for leg in calls.legs.values() if not leg.has_history]
    partners = confirmed | pair(map(row_identity, unknown), waiting)
    taken = [_take_row(calls, partners.get(row.id, row.id), row, rules) for row in batch]
    touched = Touched(
        legs=frozenset(uuid for _, changed in taken for uuid in changed.legs),
        conferences=frozenset(name for _, changed in taken for name in changed.conferences),
    )
    return Reconciliation(findings=tuple(finding for finding, _ in taken), touched=touched)


def _take_row(calls: Calls, uuid: str, row: ParticipantRow, rules: BillingRules) -> tuple[Finding, Touched]:
    before = calls.leg_usage(uuid, rules)
    touched = calls.apply_participant_row(uuid, row)
    return _finding(row.id, before, calls.leg_usage(uuid, rules)), touched


def reconcile_conferences(calls: Calls, rows: Iterable[ConferenceRow], rules: BillingRules) -> Reconciliation:
    """Take conference rows into `calls` and report what they changed."""
    by_name: dict[str, list[ConferenceRow]] = {}
    for row in rows:
        by_name.setdefault(row.said.name or "", []).append(row)
    findings = [finding for name, batch in by_name.items() for finding in _take_rows_of(calls, name, batch, rules)]
    return Reconciliation(findings=tuple(findings), touched=Touched(conferences=frozenset(by_name)))


def _take_rows_of(calls: Calls, name: str, rows: Iterable[ConferenceRow], rules: BillingRules) -> Iterator[Finding]:
    batch = list(rows)
    known = {usage.key: usage for usage in _conference_usages(calls, name, rules).values()}
    for row in batch:
        calls.apply_conference_row(row)
    now = _conference_usages(calls, name, rules)
    for row in batch:
        usage = now[row.id]
        yield _finding(row.id, known.get(usage.key, Usage(key=usage.key)), usage)


def _conference_usages(calls: Calls, name: str, rules: BillingRules) -> dict[str, Usage]:
    """The usages of all meetings of a name, by history id, or by key where history does not know them."""
    usages = ((meeting.history_id, conference_usage(meeting, rules)) for meeting in calls.meetings(name))
    return {row_id or usage.key: usage for row_id, usage in usages}


def _finding(row_id: str, before: Usage, now: Usage) -> Finding:
    if before.record is None or now.record is None:
        verdict = _ONE_SIDED[before.record is not None, now.record is not None]
        return Finding(row_id=row_id, key=now.key, verdict=verdict)
    differing = differences(before.record, now.record)
    verdict = Verdict.DIFFERING if differing else Verdict.EQUAL
    return Finding(row_id=row_id, key=now.key, verdict=verdict, differences=differing)


# Whether we had a record, and whether history gives one.
_ONE_SIDED = {
    (False, False): Verdict.FREE,
    (False, True): Verdict.MISSING,
    (True, False): Verdict.SURPLUS,
}


PARTICIPANTS, CONFERENCES, LAST_RUN = "participants", "conferences", "last run"
SHORTEST_PAUSE = timedelta(minutes=1)
"""Shortest time between two reconciliations that losses ask for."""
FIRST_LOOK_BACK = timedelta(days=7)
"""How far back the first reconciliation reads."""
BEFORE_A_LOSS = timedelta(minutes=1)
"""How much earlier than a loss the history is read again: its clock is not the node's."""
OF_NOTE = frozenset({Verdict.MISSING, Verdict.DIFFERING, Verdict.SURPLUS})


Row = ParticipantRow | ConferenceRow


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
"""Called after each page with its number of rows."""


class Reconciler:
    """Compares the history with what the events gave us. To be used by one process at a time."""

    def __init__(
        self,
        *,
        history: ManagementApi,
        progress: PexipProgress,
        keeper: PexipIntake,
        states: PexipStates,
        rules: BillingRules,
        memory: timedelta,
        silent: Silent,
    ) -> None:
        self._history = history
        self._progress = progress
        self._keeper = keeper
        self._states = states
        self._rules = rules
        self._memory = memory
        self._silent = silent

    def is_due(self, now: datetime, every: timedelta) -> bool:
        """By the clock, or sooner because events were lost whose time the history can already tell about."""
        last = self._progress.watermark(LAST_RUN)
        if last is None or now - last >= every:
            return True
        return now - last >= SHORTEST_PAUSE and self._progress.open_gaps(now - OVERLAP) is not None

    def run(self, now: datetime, noted: Noted = lambda rows: None, since: datetime | None = None) -> Outcome:
        """Read what is new, and again what happened around every loss. Raises `ServiceError`; then what was read
        stays read.
        """
        outcome = Outcome()
        again = self._progress.open_gaps(now - OVERLAP)
        for name, poll, take in (
            (PARTICIPANTS, self._history.participants, self._take_participants),
            (CONFERENCES, self._history.conferences, self._take_conferences),
        ):
            reached = self._progress.watermark(name) or now - FIRST_LOOK_BACK
            wanted = [reached, since or reached, again - BEFORE_A_LOSS if again else reached]
            for page in poll(min(wanted), now):
                take(page.rows, max(reached, page.watermark), outcome)
                noted(len(page.rows))
        self._progress.close_gaps(now - OVERLAP)
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
        with self._states.reading() as reader:
            calls = state_for_rows(good, [], StoredRepository(reader))
        found = reconcile_participants(calls, good, self._rules)
        self._keep(Page("participant", list(zip(rows, read, strict=True))), calls, found, (PARTICIPANTS, watermark))
        outcome.add(read, found)

    def _take_conferences(self, rows: Sequence[Any], watermark: datetime, outcome: Outcome) -> None:
        read = [read_conference_row(row) for row in rows]
        good = [row for row in read if isinstance(row, ConferenceRow)]
        with self._states.reading() as reader:
            calls = state_for_rows([], good, StoredRepository(reader))
        found = reconcile_conferences(calls, good, self._rules)
        self._keep(Page("conference", list(zip(rows, read, strict=True))), calls, found, (CONFERENCES, watermark))
        outcome.add(read, found)

    def _keep(self, page: Page, calls: Calls, found: Reconciliation, progress: tuple[str, datetime]) -> None:
        rows = {row["row_id"]: row for row in (_history_row(page.kind, *one) for one in page.rows)}
        self._keeper.take_history(
            list(rows.values()),
            [_finding_row(finding) for finding in found.findings if finding.verdict in OF_NOTE],
            changed_states(calls, found.touched, self._memory),
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
