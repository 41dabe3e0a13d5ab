"""Event intake: what the SIP proxy reports; every event changes its call, and what follows for applications is queued.

A call and its notices change in one transaction, so an event that was taken is never lost and a repeat changes nothing.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from usage_service.errors import Busy, InvalidValue, StoreUnavailable
from usage_service.record import SequenceNumber
from usage_service.systems.call_notification.addresses import address_keys
from usage_service.systems.call_notification.calls import Call, Notice, advance, call_as_text, call_from_text, settle
from usage_service.systems.call_notification.responses import ResponseMapping
from usage_service.systems.call_notification.sip_events import CallKey, SipEvent, sip_event_from
from usage_service.systems.call_notification.store import CallChange, CallId, CallStates, NewNotice

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RejectedEvent:
    """Something in a batch that is no event."""

    document: object
    reason: str


class CallListener:
    """Takes batches of events, in any order and any number of times."""

    def __init__(
        self,
        store: CallStates,
        mapping: ResponseMapping,
        *,
        note_numbers: Callable[[str, Iterable[SequenceNumber]], None],
        keep_rejects: Callable[[Sequence[RejectedEvent]], None],
        settle_after: timedelta,
        forget_after: timedelta,
    ) -> None:
        """`settle_after`: how long a notice waits for events that should come before it."""
        self._store = store
        self._mapping = mapping
        self._note_numbers = note_numbers
        self._keep_rejects = keep_rejects
        self._settle_after = settle_after
        self._forget_after = forget_after

    def take(self, documents: Sequence[object], now: datetime) -> int:
        """Keep a batch durably; how many notices it led to. Raises `ServiceError`: then send it again."""
        events, rejected = _read(documents)
        if rejected:
            self._keep_rejects(rejected)
        return self._take(events, now)

    def _take(self, events: Sequence[tuple[SipEvent, object]], now: datetime) -> int:
        """An event that fails unforeseen must not stop those beside it: it is found by halving, and rejected."""
        try:
            return self._keep([event for event, _ in events], now)
        except (StoreUnavailable, Busy):
            raise
        except Exception as error:
            if len(events) > 1:
                middle = len(events) // 2
                return self._take(events[:middle], now) + self._take(events[middle:], now)
            log.exception("a call event could not be processed")
            self._keep_rejects([RejectedEvent(document, f"defect: {error!r}") for _, document in events])
            return 0

    def _keep(self, events: Sequence[SipEvent], now: datetime) -> int:
        calls: dict[CallKey, list[SipEvent]] = {}
        for event in events:
            calls.setdefault(event.call, []).append(event)
        folds = {CallId(*key): partial(self._fold, key, of_call, now) for key, of_call in calls.items()}
        queued = self._store.change(folds, now) if folds else 0
        for node in sorted({event.node for event in events}):
            self._note_numbers(f"sip:{node}", [event.sequence for event in events if event.node == node])
        return queued

    def tidy(self, now: datetime) -> int:
        """Settle calls that waited long enough, forget old ones; how many notices were queued."""
        waited = self._store.to_settle(now)
        queued = self._store.change({call: partial(self._settle, CallKey(*call)) for call in waited}, now)
        self._store.forget(now - self._forget_after)
        return queued

    def _fold(self, key: CallKey, events: Sequence[SipEvent], now: datetime, state: str | None) -> CallChange:
        call = call_from_text(key, state)
        due: list[Notice] = []
        first = call.given
        for event in events:
            call, given = advance(call, event, self._mapping)
            due += given
        # Settling a copy shows whether anything still waits.
        waits = bool(settle(call)[1])
        return _change(call, due, first, now + self._settle_after if waits else None)

    def _settle(self, key: CallKey, state: str | None) -> CallChange:
        call = call_from_text(key, state)
        settled, due = settle(call)
        return _change(settled, due, call.given, None)


def _change(call: Call, due: Sequence[Notice], first: int, settle_at: datetime | None) -> CallChange:
    notices = [
        NewNotice(
            event=notice.event.value,
            leg=notice.leg,
            position=position,
            caller=notice.caller,
            called=notice.called,
            address_keys=address_keys(notice.called),
            happened_at=notice.time,
        )
        for position, notice in enumerate(due, start=first)
    ]
    return CallChange(state=call_as_text(call), settle_at=settle_at, notices=notices)


def _read(documents: Sequence[object]) -> tuple[list[tuple[SipEvent, object]], list[RejectedEvent]]:
    """Events with what they were read from, and what is none."""
    events, rejected = [], []
    for document in documents:
        try:
            events.append((sip_event_from(document), document))
        except InvalidValue as error:
            rejected.append(RejectedEvent(document, str(error)))
    return events, rejected
