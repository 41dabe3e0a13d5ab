"""Stored bodies into events, and events into what is known of legs and conferences: one batch, one commit."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from usage_service.errors import ServiceError
from usage_service.systems.pexip.calls import Touched
from usage_service.systems.pexip.events import Event, Rejected, read_body
from usage_service.systems.pexip.repository import StoredRepository, changed_states, marks, state_for
from usage_service.systems.pexip.store import PexipInbox, PexipIntake, PexipStates, Waiting

BATCH = 300
"""Most bodies in one step."""
LONGEST_TEXT = 250
MOST_NUMBERED = 2**63 - 1

log = logging.getLogger(__name__)


class Intake:
    """Reads what waits. To be used by one process at a time."""

    def __init__(self, inbox: PexipInbox, states: PexipStates, keeper: PexipIntake, memory: timedelta) -> None:
        self._inbox = inbox
        self._states = states
        self._keeper = keeper
        self._memory = memory

    def step(self) -> int:
        """Read one batch; returns how many bodies it had. Raises `ServiceError`; then nothing is changed."""
        batch = self._inbox.waiting(BATCH)
        if batch:
            self._take(batch)
        return len(batch)

    def _take(self, batch: Sequence[Waiting]) -> None:
        """A body that fails unforeseen must not stop those behind it: it is found by halving, and rejected."""
        try:
            self._read(batch)
        except ServiceError:
            raise
        except Exception as error:
            if len(batch) == 1:
                log.exception("an event could not be processed")
                row = _event_row(batch[0], Rejected(position=0, reason=f"defect: {error!r}", body=batch[0].body))
                self._keeper.take_events(batch, [row], (), ())
                return
            middle = len(batch) // 2
            self._take(batch[:middle])
            self._take(batch[middle:])

    def _read(self, batch: Sequence[Waiting]) -> None:
        read = [(waiting, place, m) for waiting in batch for place, m in enumerate(read_body(waiting.body))]
        events = [message for _, _, message in read if isinstance(message, Event)]
        with self._states.reading() as reader:
            calls = state_for(events, StoredRepository(reader), with_meetings=False)
        touched = Touched()
        for event in events:
            touched |= calls.apply(event)
        self._keeper.take_events(
            batch,
            [_event_row(waiting, message, whole=place == 0) for waiting, place, message in read],
            changed_states(calls, touched, self._memory),
            marks(touched),
        )


def _event_row(waiting: Waiting, message: Event | Rejected, *, whole: bool = True) -> dict[str, Any]:
    """The row that keeps one message; the first one of a body keeps the whole of it."""
    row: dict[str, Any] = {"sink": waiting.sink, "received_at": waiting.received_at}
    if isinstance(message, Rejected):
        nothing = {"node": "", "seq": None, "event_time": None, "event": "", "subject": None}
        return row | nothing | {"reason": message.reason, "body": message.body}
    numbered = message.seq is not None and 0 < message.seq <= MOST_NUMBERED
    return row | {
        "node": message.node[:LONGEST_TEXT],
        "seq": message.seq if numbered else None,
        "event_time": message.time,
        "event": message.name[:LONGEST_TEXT],
        "subject": _subject(message),
        "reason": None,
        "body": waiting.body if whole else b"",
    }


def _subject(event: Event) -> str | None:
    stated = (
        event.participant and event.participant.uuid,
        event.conference and event.conference.name,
        event.media and event.media.uuid,
    )
    return next((name[:LONGEST_TEXT] for name in stated if name), None)
