"""The script: which calls took place. The truth that every way of telling it must add up to."""

import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
NODES = ("10.44.0.11", "10.44.0.12", "10.44.0.13", "10.44.0.14")
LOCATIONS = dict(zip(NODES, ("Oslo", "Oslo", "Sydney", "Reston"), strict=True))
FREE_KINDS = frozenset({"api", "stream", "reception", "shadow"})


@dataclass(frozen=True, kw_only=True)
class Call:
    """One leg."""

    kind: str  # webrtc, api, sip, h323, stream, reception or shadow
    uuid: str
    call_id: str
    conversation_id: str
    history_id: str
    related: tuple[str, ...]
    node: str
    alias: str
    call_tag: str
    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        """The length as the history states it."""
        return (self.end - self.start) // timedelta(seconds=1)

    @property
    def billed(self) -> bool:
        """Whether this is a person with media in a room."""
        return self.kind not in FREE_KINDS


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """One conference and its legs."""

    id: str
    name: str
    service_type: str
    tag: str
    calls: tuple[Call, ...]

    @property
    def start(self) -> datetime:
        """When the first leg came."""
        return min(call.start for call in self.calls)

    @property
    def end(self) -> datetime:
        """When the last leg left."""
        return max(call.end for call in self.calls)


@dataclass(frozen=True, kw_only=True)
class Script:
    """All meetings of a deployment."""

    meetings: tuple[Meeting, ...]

    def seconds_by_tag(self) -> dict[str, int]:
        """The truth: billed seconds per service tag."""
        totals: Counter[str] = Counter()
        for meeting in self.meetings:
            totals[meeting.tag] += sum(call.seconds for call in meeting.calls if call.billed)
        return dict(totals)

    def billed_legs(self) -> int:
        """The truth: how many legs are billed."""
        return sum(call.billed for meeting in self.meetings for call in meeting.calls)

    @property
    def end(self) -> datetime:
        """When the last meeting is over."""
        return max(meeting.end for meeting in self.meetings)


@dataclass
class Author:
    """Writes scripts; the same seed writes the same one."""

    seed: int
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def script(self, meetings: int, tags: int = 5, rooms: int = 8) -> Script:
        """A script; every room is used again and again, one meeting after the other."""
        names = [self._room(number) for number in range(rooms)]
        labels = [self.id() for _ in range(tags)]
        free = dict.fromkeys(range(rooms), BEGIN)
        written = []
        for number in range(meetings):
            room = number % rooms
            name, service_type = names[room]
            meeting = self._meeting(name, service_type, labels[room % tags], free[room])
            free[room] = meeting.end + timedelta(seconds=self.dice.randint(20, 600))
            written.append(meeting)
        return Script(meetings=tuple(written))

    def id(self) -> str:
        """A random UUID."""
        return str(uuid.UUID(int=self.dice.getrandbits(128), version=4))

    def _room(self, number: int) -> tuple[str, str]:
        if number % 8 == 6:
            return f"Teams gateway:{self.id()}", "gateway"
        if number % 8 == 7:
            return f"Råd & Møte {number}_breakout_{self.id()}", "conference"
        return f"Room {number} – 会議", "lecture" if number % 8 == 5 else "conference"

    def _meeting(self, name: str, service_type: str, tag: str, earliest: datetime) -> Meeting:
        nodes = self.dice.sample(NODES, self.dice.randint(1, 3))
        calls: list[Call] = []
        for number in range(self.dice.randint(2, 4)):
            kind = self.dice.choice(("webrtc", "webrtc", "sip", "h323", "stream", "reception", "shadow"))
            start = earliest + timedelta(microseconds=self.dice.randrange(90_000_000))
            length = timedelta(microseconds=self.dice.randrange(5_000_000, 1_800_000_000))
            chosen = "webrtc" if number == 0 else kind
            calls += self._person(chosen, self.dice.choice(nodes), start, start + length)
        return Meeting(id=self.id(), name=name, service_type=service_type, tag=tag, calls=tuple(calls))

    def _person(self, kind: str, node: str, start: datetime, end: datetime) -> list[Call]:
        """The legs of one person: two for WebRTC, whose media leg is reported beside an API leg."""
        leg, api = self.id(), self.id()
        tag = f"cc-{self.dice.randint(1, 9)}" if self.dice.random() < 0.5 else ""
        call = Call(
            kind=kind,
            uuid=leg,
            call_id=self.id() if kind == "h323" else leg,
            conversation_id=leg,
            history_id=self.id() if kind == "h323" else leg,  # for H.323 only the call id is shared
            related=(api,) if kind == "webrtc" else (),
            node=node,
            alias=f"{kind}.{leg[:6]}@example.com",
            call_tag=tag,
            start=start,
            end=end,
        )
        if kind != "webrtc":
            return [call]
        shadow = {"kind": "api", "uuid": api, "call_id": api, "history_id": api, "related": (leg,)}
        return [call, Call(**{**vars(call), **shadow})]
