"""Comparing the platform's history with what the events gave us.

History is the authority for closed legs, events are the fast path. A row is compared by taking it in: what
is recorded for its leg before and after tells whether it was missing, differing or equal, so there is one
definition of both.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from usage_service.sources.pexip.calls import Calls, Touched
from usage_service.sources.pexip.history import ConferenceRow, ParticipantRow
from usage_service.sources.pexip.identity import leg_identity, pair, row_identity
from usage_service.sources.pexip.revision import differences
from usage_service.sources.pexip.rules import BillingRules
from usage_service.sources.pexip.usage import Usage, conference_usage


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
