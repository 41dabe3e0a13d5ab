"""The state of a deployment's calls: every event and history row goes in, in any order, and usages come
out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from usage_service.systems.pexip.conferences import (
    ConferenceLog,
    Occurrence,
    fold_conference,
    fold_conference_history,
    occurrences,
)
from usage_service.systems.pexip.events import Event, MediaReport
from usage_service.systems.pexip.fields import Participant
from usage_service.systems.pexip.history import ConferenceRow, ParticipantRow, leg_identity, pair, row_identity
from usage_service.systems.pexip.legs import Leg, conference_names, fold_event, fold_history
from usage_service.systems.pexip.media import Media, join_media, merge_media
from usage_service.systems.pexip.rules import BillingRules, reason_not_billed
from usage_service.systems.pexip.usage import Usage, leg_key, leg_usage


@dataclass(frozen=True, kw_only=True)
class Touched:
    """What a message may have changed: legs by uuid, statistics by their id, conferences by name.

    A touched leg that `Calls` no longer holds turned out to be another one and is to be forgotten.
    """

    legs: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset()
    conferences: frozenset[str] = frozenset()

    def __or__(self, other: "Touched") -> "Touched":
        return Touched(
            legs=self.legs | other.legs,
            media=self.media | other.media,
            conferences=self.conferences | other.conferences,
        )


@dataclass(kw_only=True)
class Calls:
    """All legs and conferences in hand. Plain data, so that it can be stored as JSON, whole or part by
    part.
    """

    legs: dict[str, Leg] = field(default_factory=dict)
    media: dict[str, Media] = field(default_factory=dict)  # by the id it was reported under
    related: dict[str, tuple[str, ...]] = field(default_factory=dict)  # legs that name this id as related
    conferences: dict[str, ConferenceLog] = field(default_factory=dict)
    present: dict[str, tuple[str, ...]] = field(default_factory=dict)  # legs seen in a conference
    unmatched: dict[str, ParticipantRow] = field(default_factory=dict)  # legs known from history only

    @classmethod
    def of(
        cls,
        legs: Iterable[Leg],
        media: Mapping[str, Media],
        conferences: Iterable[ConferenceLog],
        unmatched: Iterable[ParticipantRow],
    ) -> "Calls":
        """The whole state, of stored ones."""
        calls = cls(media=dict(media), conferences={log.name: log for log in conferences})
        calls.unmatched = {row.id: row for row in unmatched}
        for leg in legs:
            calls._keep(leg)
        return calls

    def apply(self, event: Event) -> Touched:
        """Take in one event; returns what it may have changed."""
        touched = Touched()
        if event.participant is not None:
            touched |= self._apply_participant(event, event.participant)
        if event.conference is not None and event.conference.name:
            name = event.conference.name
            log = self.conferences.get(name, ConferenceLog(name=name))
            self.conferences[name] = fold_conference(log, event, event.conference)
            touched |= Touched(conferences=frozenset({name}))
        if event.media is not None:
            touched |= self._apply_media(event.media)
        return touched

    def apply_participant_row(self, uuid: str, row: ParticipantRow) -> Touched:
        """Take in a history row as belonging to leg `uuid`, which is created when it is not known."""
        leg = self.legs.get(uuid)
        if leg is None:
            leg = Leg(uuid=uuid)
            self.unmatched[uuid] = row
        return self._keep(fold_history(leg, row.said, row.hints, row.id))

    def apply_conference_row(self, row: ConferenceRow) -> Touched:
        """Take in a row of the conference history."""
        name = row.said.name or ""
        log = self.conferences.get(name, ConferenceLog(name=name))
        self.conferences[name] = fold_conference_history(log, row.id, row.said)
        return Touched(conferences=frozenset({name}))

    def leg_usage(self, uuid: str, rules: BillingRules) -> Usage:
        """What to record about one leg now."""
        leg = self.legs.get(uuid)
        if leg is None:
            return Usage(key=leg_key(rules, uuid), reason="known under another id")
        return leg_usage(leg, self.media_of(leg, rules), rules)

    def meetings(self, name: str) -> list[Occurrence]:
        """The meetings held under one name."""
        log = self.conferences.get(name, ConferenceLog(name=name))
        return occurrences(log, [self.legs[uuid] for uuid in self.present.get(name, ())])

    def media_of(self, leg: Leg, rules: BillingRules) -> Media:
        """A leg's statistics, also those reported under a related id, unless that id is a billed leg
        itself.
        """
        ids = {leg.uuid, *self._borrowed(leg, rules)}
        return join_media(self.media[uuid] for uuid in sorted(ids) if uuid in self.media)

    def _borrowed(self, leg: Leg, rules: BillingRules) -> Iterable[str]:
        for uuid in leg.shown.related_uuids or ():
            owner = self.legs.get(uuid)
            if owner is None or reason_not_billed(owner, rules) is not None:
                yield uuid

    def _apply_participant(self, event: Event, said: Participant) -> Touched:
        uuid = said.uuid or ""
        leg = fold_event(self.legs.get(uuid, Leg(uuid=uuid)), event, said)
        self.unmatched.pop(uuid, None)
        if leg.has_history:
            return self._keep(leg)
        row, touched = self._adopt(leg)
        return self._keep(fold_history(leg, row.said, row.hints, row.id) if row else leg) | touched

    def _adopt(self, leg: Leg) -> tuple[ParticipantRow | None, Touched]:
        """The history row of this leg where it came first, under an id of its own; the leg made of it goes."""
        found = pair(map(row_identity, self.unmatched.values()), [leg_identity(leg)])
        if not found:
            return None, Touched()
        [leg_id] = found
        row, leg_of_row = self.unmatched.pop(leg_id), self.legs.pop(leg_id)
        name = leg_of_row.shown.conference or ""
        self.present[name] = tuple(uuid for uuid in self.present.get(name, ()) if uuid != leg_id)
        return row, Touched(legs=frozenset({leg_id}), conferences=frozenset({name} - {""}))

    def _keep(self, leg: Leg) -> Touched:
        self.legs[leg.uuid] = self._with_evidence(leg)
        related = leg.shown.related_uuids or ()
        for uuid in related:
            self.related[uuid] = _including(self.related.get(uuid, ()), leg.uuid)
        names = conference_names(leg)
        for name in names:
            self.present[name] = _including(self.present.get(name, ()), leg.uuid)
        neighbours = {uuid for uuid in (*related, *self.related.get(leg.uuid, ())) if uuid in self.legs}
        return Touched(legs=frozenset({leg.uuid, *neighbours}), conferences=names)

    def _apply_media(self, report: MediaReport) -> Touched:
        known = self.media.get(report.uuid, Media())
        self.media[report.uuid] = merge_media(known, report.streams, report.quality)
        if report.uuid in self.legs:
            self.legs[report.uuid] = self._with_evidence(self.legs[report.uuid])
        owners = {report.uuid, *self.related.get(report.uuid, ())} & self.legs.keys()
        return Touched(legs=frozenset(owners), media=frozenset({report.uuid}))

    def _with_evidence(self, leg: Leg) -> Leg:
        """Statistics under a leg's own id prove that it had media, whatever its last event says."""
        reported = self.media.get(leg.uuid, Media())
        return replace(leg, had_media=True) if reported.streams else leg


def _including(known: tuple[str, ...], uuid: str) -> tuple[str, ...]:
    return known if uuid in known else tuple(sorted((*known, uuid)))
