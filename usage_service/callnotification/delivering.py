"""Delivering notices from the outbox: at least once, in order within a call, each application at its own pace.

Every application with something due has lanes of its own, threads that end when nothing is due any more; so a slow
one keeps nobody else waiting. The outbox is shared by all processes of the service.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from usage_service.backoff import Backoff
from usage_service.callnotification.applications import Applications, NotDelivered, Telling, Unavailable
from usage_service.callnotification.calls import Notice
from usage_service.callnotification.events import CallEvent
from usage_service.callnotification.recording import Recording
from usage_service.callnotification.records import DeliveryStage, RecordingPoint, delivery_record
from usage_service.callnotification.sip_events import CallKey
from usage_service.callnotification.versions import CallbackVersion
from usage_service.errors import UsageServiceError
from usage_service.store.call_notices import StoredNotice
from usage_service.store.call_subscriptions import StoredSubscription

_log = logging.getLogger(__name__)

BATCH = 4
"""Notices that one lane takes together: their lease must outlast all of them."""


class Outbox(Protocol):
    """What is needed of the store of notices."""

    def waiting_endpoints(self, now: datetime) -> list[str]: ...
    def take(self, endpoint: str, now: datetime, lease: timedelta, limit: int) -> list[StoredNotice]: ...
    def settle(self, notice_id: str, state: str, now: datetime, error: str | None = None) -> None: ...
    def retry(self, notice_id: str, due_at: datetime, error: str) -> None: ...


FindSubscriptions = Callable[[list[str]], Mapping[str, StoredSubscription]]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryRules:
    """How hard we try."""

    retries: int = 3  # after the first attempt, when the application is not available
    backoff: Backoff = field(default_factory=lambda: Backoff(first=5.0, longest=600.0))
    lanes: int = 4  # notices on their way to one application at a time, for each process
    lease: timedelta = timedelta(seconds=60)  # longer than a batch can take
    record_outcome: bool = True  # a second usage record, for what became of the notice


class Delivery:
    """Delivers one notice and settles it."""

    def __init__(self, outbox: Outbox, applications: Applications, recording: Recording, rules: DeliveryRules) -> None:
        self._outbox = outbox
        self._applications = applications
        self._recording = recording
        self._rules = rules

    def deliver(self, notice: StoredNotice, subscription: StoredSubscription) -> None:
        """One attempt, with its usage records; raises `ServiceError` only when the store is away."""
        self._record(notice, subscription, DeliveryStage.SENDING, notice.first_sent_at or datetime.now(UTC))
        try:
            self._applications.notify(_telling(notice, subscription))
        except Unavailable as error:
            if notice.attempts <= self._rules.retries:
                pause = timedelta(seconds=self._rules.backoff.pause(notice.attempts))
                self._outbox.retry(notice.notice_id, datetime.now(UTC) + pause, str(error))
                return
            self._settle(notice, subscription, DeliveryStage.FAILED, str(error))
        except NotDelivered as error:
            self._settle(notice, subscription, DeliveryStage.FAILED, str(error))
        else:
            self._settle(notice, subscription, DeliveryStage.SENT)

    def _settle(
        self, notice: StoredNotice, subscription: StoredSubscription, stage: DeliveryStage, error: str | None = None
    ) -> None:
        """The record first: a crash in between repeats the delivery, and the once-only key the record."""
        now = datetime.now(UTC)
        if self._rules.record_outcome:
            self._record(notice, subscription, stage, now)
        self._outbox.settle(notice.notice_id, "sent" if stage is DeliveryStage.SENT else "failed", now, error)

    def _record(
        self, notice: StoredNotice, subscription: StoredSubscription, stage: DeliveryStage, time: datetime
    ) -> None:
        point = RecordingPoint(
            transaction_id=notice.notice_id,
            time=time,
            service=self._recording.service,
            once_key=f"notice:{notice.notice_id}:{notice.round}:{stage.value}",
        )
        self._recording.write(delivery_record(point, stage, correlator=subscription.correlator, notice=_notice(notice)))


class Lanes:
    """The threads that deliver, for one process."""

    def __init__(
        self, outbox: Outbox, subscriptions: FindSubscriptions, delivery: Delivery, rules: DeliveryRules
    ) -> None:
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._delivery = delivery
        self._rules = rules
        self._lock = threading.Lock()
        self._running: dict[str, int] = {}
        self._stopping = threading.Event()

    def open_due(self) -> None:
        """Give every application that something is due for its lanes."""
        for endpoint in self._outbox.waiting_endpoints(datetime.now(UTC)):
            with self._lock:
                missing = self._rules.lanes - self._running.get(endpoint, 0)
                self._running[endpoint] = self._rules.lanes
            for _ in range(missing):
                threading.Thread(target=self._run, args=(endpoint,), name="call-delivery", daemon=True).start()

    def stop(self, seconds: float) -> None:
        """Take nothing more, and wait so long for what is on its way; what is not done is taken up after a start."""
        self._stopping.set()
        for thread in threading.enumerate():
            if thread.name == "call-delivery":
                thread.join(seconds)

    def _run(self, endpoint: str) -> None:
        try:
            while not self._stopping.is_set() and self._deliver_batch(endpoint):
                pass
        except UsageServiceError as error:
            _log.error("delivery pauses: %s", error)
        finally:
            with self._lock:
                self._running[endpoint] -= 1
                if not self._running[endpoint]:
                    del self._running[endpoint]

    def _deliver_batch(self, endpoint: str) -> bool:
        notices = self._outbox.take(endpoint, datetime.now(UTC), self._rules.lease, BATCH)
        subscriptions = self._subscriptions([notice.subscription_id for notice in notices]) if notices else {}
        for notice in notices:
            self._delivery.deliver(notice, subscriptions[notice.subscription_id])
        return bool(notices)


def _telling(notice: StoredNotice, subscription: StoredSubscription) -> Telling:
    return Telling(
        endpoint=subscription.endpoint,
        callback=CallbackVersion(subscription.callback),
        correlator=subscription.correlator,
        event=CallEvent(notice.event),
        caller=notice.caller,
        called=notice.called,
        session=notice.call_id,
    )


def _notice(notice: StoredNotice) -> Notice:
    return Notice(
        CallKey(notice.call_id, notice.from_tag),
        CallEvent(notice.event),
        notice.leg,
        notice.caller,
        notice.called,
        notice.happened_at,
    )
