"""The event sink publisher of one node, on a clock of its own: order, back-off, stop, burst and bulk."""

import json
import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from demos.pexip_standin.reported import ReportedEvent

Post = Callable[[bytes], int]
"""Delivers one body and returns the HTTP status."""
INITIAL_BACKOFF = timedelta(seconds=1)
MAXIMUM_BACKOFF = timedelta(seconds=1800)


@dataclass
class Publisher:
    """Sends what a node has to report, one body at a time; stops when it would have to wait too long."""

    node: str
    post: Post
    pending: deque[ReportedEvent]
    version: int = 2
    bulk: int = 1  # most events in one body
    seq: int = 0
    running: bool = False
    alarm: str | None = None
    next_try: datetime | None = None
    backoff: timedelta = field(default=timedelta())

    def start(self, now: datetime) -> None:
        """Start, or start again: the numbering begins anew and what was not sent follows at once."""
        self.seq, self.running, self.alarm = 0, True, None
        self.next_try, self.backoff = None, timedelta()
        self.pending.appendleft(ReportedEvent(time=now, node=self.node, event="eventsink_started", data={}))

    def run(self, now: datetime) -> None:
        """Send everything that has happened by now, as far as the receiver lets us."""
        while self.running and self.pending and self.pending[0].time <= now:
            if self.next_try is not None and self.next_try > now:
                return
            batch = self._batch(now)
            moment = self.next_try or batch[0].time
            if 200 <= self.post(self._body(batch)) < 300:
                self._sent(len(batch))
            else:
                self._wait(moment)

    def _batch(self, now: datetime) -> list[ReportedEvent]:
        ready = [reported for reported in list(self.pending)[: self.bulk] if reported.time <= now]
        return ready or [self.pending[0]]

    def _body(self, batch: list[ReportedEvent]) -> bytes:
        inner = [reported.envelope(self.seq + place, self.version) for place, reported in enumerate(batch, 1)]
        return json.dumps(inner[0] if len(inner) == 1 else bulk_envelope(inner)).encode()

    def _sent(self, count: int) -> None:
        for _ in range(count):
            self.pending.popleft()
        self.seq += count
        self.next_try, self.backoff = None, timedelta()

    def _wait(self, moment: datetime) -> None:
        self.backoff = self.backoff * 2 or INITIAL_BACKOFF
        if self.backoff > MAXIMUM_BACKOFF:
            self.running, self.alarm = False, "eventsink_maximum_backoff"
        else:
            self.next_try = moment + self.backoff


def bulk_envelope(inner: list[dict[str, Any]]) -> dict[str, Any]:
    """A bulk message: its own number and node mean nothing, the inner ones count."""
    time = inner[-1]["time"]
    return {
        "event": "eventsink_bulk",
        "node": "127.0.0.1",
        "seq": 0,
        "version": 2,
        "time": time,
        "data": inner,
    }


def publishers(
    reported: dict[str, list[ReportedEvent]], post: Post, *, version: int = 2, bulk: int = 1
) -> list[Publisher]:
    """One publisher per node."""
    return [
        Publisher(node=node, post=post, pending=deque(events), version=version, bulk=bulk)
        for node, events in reported.items()
    ]


@dataclass
class Faults:
    """A bad network between publishers and receiver: bodies get lost, are repeated or overtake each other."""

    post: Post
    seed: int
    loss: float = 0.0
    repeat: float = 0.0
    reorder: float = 0.0
    lost: int = 0
    held: list[bytes] = field(default_factory=list)
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def __call__(self, body: bytes) -> int:
        """Deliver, or pretend to."""
        if self.dice.random() < self.loss:
            self.lost += 1
            return 204
        if self.dice.random() < self.reorder:
            self.held.append(body)
            return 204
        for copy in self._copies(body):
            self.post(copy)
        return 204

    def release(self) -> None:
        """Deliver what is still held back."""
        for body in self._drained():
            self.post(body)

    def _copies(self, body: bytes) -> Iterable[bytes]:
        yield body
        if self.dice.random() < self.repeat:
            yield body
        if len(self.held) > 5:
            yield from self._drained()

    def _drained(self) -> Iterator[bytes]:
        self.dice.shuffle(self.held)
        while self.held:
            yield self.held.pop()
