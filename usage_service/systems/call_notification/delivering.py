"""What an application is to this service, and how a call to it can fail.

Delivering notices from the outbox: at least once, in order within a call, each application at its own pace.

Every application with something due has threads of its own, which end when nothing is due any more; so a slow
one delays no other. The outbox is shared by all processes of the service.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from usage_service.backoff import Backoff
from usage_service.errors import ServiceError, UsageServiceError
from usage_service.record import UsageRecord
from usage_service.systems.call_notification.calls import Notice
from usage_service.systems.call_notification.events import CallEvent
from usage_service.systems.call_notification.recording import Recording
from usage_service.systems.call_notification.records import DeliveryStage, RecordingPoint, delivery_record
from usage_service.systems.call_notification.sip_events import CallKey
from usage_service.systems.call_notification.store import Attempt, CallNotices, StoredNotice, StoredSubscription
from usage_service.systems.call_notification.versions import CallbackVersion


class NotDelivered(ServiceError):
    """The application did not take the notice."""


class Unavailable(NotDelivered):
    """It may take it later: not reachable, or an HTTP status that passes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notification:
    """What one application is notified of about one call event."""

    endpoint: str
    callback: CallbackVersion
    correlator: str
    event: CallEvent
    caller: str
    called: str
    session: str  # identity of the call, for those versions that carry it


class Answer(NamedTuple):
    """An application's Action, as it stands in its answer."""

    action: str
    routing_address: str | None


class Applications(Protocol):
    """The way to the applications."""

    def notify(self, notification: Notification) -> None:
        """Notify an application; raises `Unavailable` or `NotDelivered`."""

    def ask(self, notification: Notification) -> Answer:
        """Ask an application what to do; raises `NotDelivered`."""


_log = logging.getLogger(__name__)

BATCH = 16
"""Notices that one thread takes together: they share the transactions, and a crash may repeat so many."""

LEASE_PATIENCES = 4
"""A batch takes at most twice the patience, as what was begun in time may take as long again; and the store some."""

Pair = tuple[StoredNotice, StoredSubscription]


_STAGES = {"sent": DeliveryStage.SENT, "failed": DeliveryStage.FAILED}

FindSubscriptions = Callable[[list[str]], Mapping[str, StoredSubscription]]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryRules:
    """How hard we try."""

    retries: int = 3  # after the first attempt, when the application is not available
    backoff: Backoff = field(default_factory=lambda: Backoff(first=5.0, longest=600.0))
    concurrency: int = 4  # notices on their way to one application at a time, for each process
    patience: timedelta = timedelta(seconds=10)  # how long an application may take, for one notice and for a batch
    record_outcome: bool = True  # a second usage record, for what became of the notice


class Delivery:
    """Delivers notices and settles them."""

    def __init__(
        self, outbox: CallNotices, applications: Applications, recording: Recording, rules: DeliveryRules
    ) -> None:
        self._outbox = outbox
        self._applications = applications
        self._recording = recording
        self._rules = rules

    def deliver(self, notices: Sequence[StoredNotice], subscriptions: Mapping[str, StoredSubscription]) -> None:
        """One attempt for each notice of a batch, with its usage records; raises `ServiceError` when the store is away.

        The records go first: a crash in between repeats deliveries, and the idempotency keys the records. When the
        application is slow the rest of the batch is given back, so that no notice outlives its lease.
        """
        pairs = [(notice, subscriptions[notice.subscription_id]) for notice in notices]
        self._recording.write_all([self._record(*pair, DeliveryStage.SENDING) for pair in pairs])
        patient_until = time.monotonic() + self._rules.patience.total_seconds()
        attempts = []
        for notice, subscription in pairs:
            in_time = time.monotonic() < patient_until
            attempts.append(self._attempt(notice, subscription) if in_time else _given_back(notice))
        self._settle(pairs, attempts)

    def _attempt(self, notice: StoredNotice, subscription: StoredSubscription) -> Attempt:
        try:
            self._applications.notify(_notification(notice, subscription))
        except Unavailable as error:
            if notice.attempts <= self._rules.retries:
                pause = timedelta(seconds=self._rules.backoff.pause(notice.attempts))
                return _attempt(notice, "waiting", str(error), datetime.now(UTC) + pause)
            return _attempt(notice, "failed", str(error))
        except NotDelivered as error:
            return _attempt(notice, "failed", str(error))
        except Exception as error:  # one notice must not stop the others of its batch
            _log.exception("a notice failed unexpectedly", extra={"notice": notice.notice_id})
            return _attempt(notice, "failed", f"unexpected: {error!r}"[:500])
        return _attempt(notice, "sent")

    def _settle(self, pairs: Sequence[Pair], attempts: Sequence[Attempt]) -> None:
        if self._rules.record_outcome:
            settled = [(pair, _STAGES[a.state]) for pair, a in zip(pairs, attempts, strict=True) if a.state in _STAGES]
            self._recording.write_all([self._record(*pair, stage) for pair, stage in settled])
        self._outbox.settle(attempts, datetime.now(UTC))

    def _record(self, notice: StoredNotice, subscription: StoredSubscription, stage: DeliveryStage) -> UsageRecord:
        sending = stage is DeliveryStage.SENDING
        point = RecordingPoint(
            transaction_id=notice.notice_id,
            time=(notice.first_sent_at if sending else None) or datetime.now(UTC),
            service=self._recording.service,
            once_key=f"notice:{notice.notice_id}:{notice.round}:{stage.value}",
        )
        return delivery_record(point, stage, correlator=subscription.correlator, notice=_notice(notice))


class DeliveryThreads:
    """The threads that deliver, for one process."""

    def __init__(
        self, outbox: CallNotices, subscriptions: FindSubscriptions, delivery: Delivery, rules: DeliveryRules
    ) -> None:
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._delivery = delivery
        self._rules = rules
        self._lock = threading.Lock()
        self._running: dict[str, int] = {}
        self._stopping = threading.Event()

    def open_due(self) -> None:
        """Give every application as many threads as it has batches due, at most its share."""
        for endpoint, notices in self._outbox.waiting_endpoints(datetime.now(UTC)).items():
            wanted = min(self._rules.concurrency, -(-notices // BATCH))
            with self._lock:
                missing = max(0, wanted - self._running.get(endpoint, 0))
                self._running[endpoint] = self._running.get(endpoint, 0) + missing
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
        except Exception:
            _log.exception("delivery to %s failed unexpectedly", endpoint)
        finally:
            with self._lock:
                self._running[endpoint] -= 1
                if not self._running[endpoint]:
                    del self._running[endpoint]

    def _deliver_batch(self, endpoint: str) -> bool:
        lease = LEASE_PATIENCES * self._rules.patience
        notices = self._outbox.take(endpoint, datetime.now(UTC), lease, BATCH)
        subscriptions = self._subscriptions([notice.subscription_id for notice in notices]) if notices else {}
        if notices:
            self._delivery.deliver(notices, subscriptions)
        return bool(notices)


def _attempt(notice: StoredNotice, state: str, error: str | None = None, due_at: datetime | None = None) -> Attempt:
    return Attempt(notice_id=notice.notice_id, state=state, attempts=notice.attempts, error=error, due_at=due_at)


def _given_back(notice: StoredNotice) -> Attempt:
    """As if it had not been taken."""
    return Attempt(notice_id=notice.notice_id, state="waiting", attempts=notice.attempts - 1, error=notice.last_error)


def _notification(notice: StoredNotice, subscription: StoredSubscription) -> Notification:
    return Notification(
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
