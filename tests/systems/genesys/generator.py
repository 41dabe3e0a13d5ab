"""Writes logs of several T-Servers about interactions whose truth is known.

The story comes first (which calls, which links, which merges); the logs tell it the way the servers would,
each with its own clock, counter and time dialect, between the party events, requests and copies that fill
real logs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from usage_service.systems.genesys.call import CallKey
from usage_service.systems.genesys.link import LinkState

SERVERS = ("Tserver1", "Tserver2", "SIPServer1", "SIPServer2")
MONITORED = frozenset(SERVERS)
UNMONITORED = "Elsewhere@SwitchX"
START = datetime(2026, 3, 1, 23, 58, tzinfo=UTC)
AFTERWARDS = datetime(2027, 1, 1, tzinfo=UTC)
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass
class Told:
    """One event as a server logs it."""

    server: str
    name: str
    call_uuid: str
    sequence: int
    time: datetime
    attributes: list[str]


@dataclass
class Truth:
    """What the logs, read rightly, must say."""

    interactions: set[frozenset[CallKey]] = field(default_factory=set)
    links: dict[str, LinkState] = field(default_factory=dict)
    removed: set[tuple[str, CallKey]] = field(default_factory=set)
    merged: dict[CallKey, CallKey] = field(default_factory=dict)


class Story:
    """Tells interactions to the logs of their servers."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.truth = Truth()
        self.stated: dict[str, list[Told]] = {server: [] for server in SERVERS}
        self.skew = {server: timedelta(milliseconds=random.randint(-900, 900)) for server in SERVERS}
        self.links: dict[CallKey, list[tuple[str, str, str]]] = {}
        self.beat = 0

    def interaction(self, size: int) -> None:
        """Tell one interaction of `size` calls."""
        calls = [self._create(self.random.choice(SERVERS))]
        consults: list[tuple[CallKey, CallKey]] = []
        while len(calls) < size:
            call = self.random.choice(calls)
            if self.random.random() < 0.25:
                consult = self._create(call.server)
                consults.append((consult, call))
                calls.append(consult)
            else:
                calls.append(self._transfer(call))
            self._incident(self.random.choice(calls))
        absorbed = {consult for consult, _ in consults}
        for consult, main in reversed(consults):
            self._merge(consult, main)
        for call in calls:
            if call not in absorbed:
                self._say("EventCallDeleted", call)
        self.truth.interactions.add(frozenset(calls))

    def _create(self, server: str) -> CallKey:
        call = CallKey(server, self._id())
        self.links[call] = []
        self._say(
            "EventCallCreated",
            call,
            "AttributeCallType\t2",
            f"AttributeANI\t'{self.random.randint(1, 9**9)}'",
        )
        return call

    def _transfer(self, call: CallKey) -> CallKey:
        other = self._create(self.random.choice([server for server in SERVERS if server != call.server]))
        link_id = self._id()
        sides = [(call, other.server, "source"), (other, call.server, "target")]
        self.random.shuffle(sides)
        for side, remote, role in sides:
            self._link(side, link_id, f"{remote}@Switch", role)
        self.truth.links[link_id] = LinkState.COMPLETE
        if self.random.random() < 0.2:
            self._unlink(call, link_id)
        return other

    def _incident(self, call: CallKey) -> None:
        """Something that leaves a link with one side, or nothing."""
        chance = self.random.random()
        if chance < 0.1:
            self._one_sided(call, UNMONITORED, LinkState.NO_PAIR)
        elif chance < 0.2:
            remote = self.random.choice([server for server in SERVERS if server != call.server])
            self._one_sided(call, f"{remote}@Switch", LinkState.FAILED)

    def _one_sided(self, call: CallKey, location: str, state: LinkState) -> None:
        link_id = self._id()
        self._link(call, link_id, location, "source")
        self.truth.links[link_id] = state

    def _link(self, call: CallKey, link_id: str, location: str, role: str) -> None:
        self.links[call].append((link_id, location, role))
        self._say("EventCallDataChanged", call, links(self.links[call]))

    def _unlink(self, call: CallKey, link_id: str) -> None:
        self.links[call] = [link for link in self.links[call] if link[0] != link_id]
        self._say("EventCallDataChanged", call, links(self.links[call]))
        self.truth.removed.add((link_id, call))

    def _merge(self, consult: CallKey, main: CallKey) -> None:
        self._say("EventCallDeleted", consult, f"AttributeRefCallUUID\t'{main.call_uuid}'")
        self.truth.merged[consult] = main

    def _say(self, name: str, call: CallKey, *attributes: str) -> None:
        self.beat += 1
        stated = self.stated[call.server]
        time = START + timedelta(milliseconds=120 * self.beat) + self.skew[call.server]
        sequence = (stated[-1].sequence if stated else 5000) + self.random.randint(1, 9)
        stated.append(Told(call.server, name, call.call_uuid, sequence, time, list(attributes)))

    def _id(self) -> str:
        return "".join(self.random.choices(ALPHABET, k=32))


def links(listed: Sequence[tuple[str, str, str]]) -> str:
    """An ISLinkList attribute, announced size included."""
    entries = [
        f"\t\t'{link_id}'(list) 'location-name'\t'{location}'\n\t\t\t'direction-role'\t'{role}'"
        for link_id, location, role in listed
    ]
    size = 2 + sum(9 + 13 + 14 + 5 + 5 + sum(map(len, link)) for link in listed)
    return "\n".join([f"AttributeISLinkList\t[{size}] 00 {len(listed):02x} 03 00..", *entries])


def message(stated: Told) -> str:
    """An event in the log layout; servers alternate between the two time dialects."""
    seconds = int(stated.time.timestamp())
    if stated.server.endswith("1"):
        stamp = [f"AttributeTimeStamp\t{seconds:08x}{stated.time.microsecond:08x}"]
    else:
        wall = stated.time.strftime("%H:%M:%S")
        stamp = [f"AttributeTimeinuSecs\t{stated.time.microsecond}", f"AttributeTimeinSecs\t{seconds} ({wall})"]
    attributes = [
        f"AttributeEventSequenceNumber\t{stated.sequence:016x}",
        *stamp,
        "AttributeConnID\t006c029a6685d004",
        f"AttributeCallUUID\t'{stated.call_uuid}'",
        *stated.attributes,
    ]
    lines = "".join(f"\t{attribute}\n" for attribute in attributes)
    return f"{clock(stated.time)} [0] 8.1.101.25 distribute call/party event: message {stated.name}\n{lines}"


def clock(time: datetime) -> str:
    """The local time of a header."""
    return time.strftime("@%H:%M:%S.%f")[:-2]


def noise(random: Random, stated: Told, size: int = 900) -> str:
    """What stands between call events: party events, requests, replies, copies for the backup."""
    kind = random.random()
    header = f"{clock(stated.time)} [0] 8.1.101.25 "
    if kind < 0.1:
        copy = message(stated).split("\n", 1)[1].replace(stated.call_uuid, "COPY" * 8)
        return f"{clock(stated.time)} [BSYNC] Trace: Send to backup (B) [20]:\nmessage {stated.name}\n{copy}\n"
    if kind < 0.2:
        stamp = stated.time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        return f"{stamp} Trc 04541 RequestQueryCall received from [66] (0e85 Desk host:5001)\n" + (
            "message RequestQueryCall\n\tAttributeReferenceID\t14\n\tAttributeConnID\t006c029a6685d004\n"
        )
    if kind < 0.25:
        return header + "send_to_client: message EventACK\n\tAttributeReferenceID\t14\n"
    if kind < 0.35:
        return header + (
            "distribute call/party event: message EventCallPartyState\n"
            f"\tAttributeCallUUID\t'{stated.call_uuid}'\n\tAttributePartyUUID\t'{'P' * 32}'\n"
        )
    return party_event(header, stated.call_uuid, size)


def party_event(header: str, call_uuid: str, size: int) -> str:
    """A party event of about `size` bytes, delivery notes included."""
    pairs = "".join(f"\t\t'Key{number:03}'\t'It''s value {number:020}'\n" for number in range(size // 45))
    return (
        f"{header}distribute_event: message EventEstablished\n\tAttributeCallUUID\t'{call_uuid}'\n"
        f"\tAttributeThisDN\t'7001'\n\tAttributeUserData\t[999] 00 14 00 00..\n{pairs}"
        "\tAttributeCallState\t0\n\tAttributeEventSequenceNumber\t0000000000000001\n"
        "2026-03-01T23:58:00.000 Trc 04542 EventEstablished sent to [24] (00000e85 Desk host:5001)\n"
    )


def banner(server: str, opened: datetime) -> str:
    """The head of a log file."""
    stamp = opened.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    return (
        f"Application name:\t{server}\nApplication type:\tTServer (1)\nHost name:\thost-{server.lower()}\n"
        f"UTC time:\t{stamp}\nLocal time:\t{stamp}\nStart time (UTC):\t2026-02-01T00:00:00\n\n"
    )


def log_text(story: Story, server: str, noise_ratio: float = 1.0) -> bytes:
    """The log of one server, without banner."""
    parts = []
    for stated in story.stated[server]:
        parts += [noise(story.random, stated) for _ in range(int(noise_ratio)) if story.random.random() < 0.9]
        parts.append(message(stated) + ("\n" if story.random.random() < 0.3 else ""))
    return "".join(parts).encode()


def rotated(text: bytes, server: str, cuts: Sequence[int]) -> list[bytes]:
    """The log cut into files at any bytes, each with a banner of its own."""
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    pieces = [text[start:end] for start, end in pairwise(edges)]
    return [banner(server, START).encode() + piece for piece in pieces]


def big_log(megabytes: int, seed: int = 7) -> Iterator[bytes]:
    """A log of one server of about this size, most of it party events of about 1 kB, in pieces."""
    random, written = Random(seed), 0
    yield banner("Tserver1", START).encode()
    while written < megabytes * 1_000_000:
        story = Story(random)
        for _ in range(40):
            story.interaction(random.randint(1, 6))
        piece = log_text(story, "Tserver1", noise_ratio=25)
        written += len(piece)
        yield piece
