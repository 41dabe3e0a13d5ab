"""The two managers: applications start and stop subscriptions, and every operation leaves its usage record.

The record of an operation that succeeds is stored in the operation's own transaction: neither is there without the
other, whenever the service dies.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from usage_service.errors import UsageServiceError
from usage_service.record import UsageRecord
from usage_service.systems.call_notification.faults import DuplicateCorrelator, InvalidInput, OverlappedCriteria
from usage_service.systems.call_notification.recording import Recording
from usage_service.systems.call_notification.records import (
    Failure,
    Operation,
    RecordingPoint,
    start_record,
    stop_record,
)
from usage_service.systems.call_notification.store import (
    CallSubscriptions,
    StartOutcome,
    StoredClaim,
    StoredSubscription,
)
from usage_service.systems.call_notification.subscriptions import (
    StartRequest,
    StopRequest,
    Subscription,
    checked_correlator,
    known_events,
    possible_events,
    subscribe,
)
from usage_service.systems.call_notification.versions import SubscriptionKind

_START = {
    SubscriptionKind.NOTIFICATION: Operation.START_NOTIFICATION,
    SubscriptionKind.DIRECTION: Operation.START_DIRECTION,
}
_STOP = {
    SubscriptionKind.NOTIFICATION: Operation.STOP_NOTIFICATION,
    SubscriptionKind.DIRECTION: Operation.STOP_DIRECTION,
}

MakeRecord = Callable[[RecordingPoint, Failure | None], UsageRecord]


class Subscribing:
    """Starts and stops subscriptions."""

    def __init__(
        self,
        store: CallSubscriptions,
        recording: Recording,
        *,
        issue_id: Callable[[], str],
        allowed: Callable[[str], bool],
        stop_is_lenient: bool = False,
    ) -> None:
        """`allowed` says whether we may call an endpoint; `stop_is_lenient`: stopping what is not there succeeds."""
        self._store = store
        self._recording = recording
        self._issue_id = issue_id
        self._allowed = allowed
        self._stop_is_lenient = stop_is_lenient

    def start(self, request: StartRequest, transaction_id: str) -> None:
        """Put a subscription in force; raises `ParlayXFault` or `ServiceError`."""
        operation = _START[request.kind]
        events = known_events(request.criteria, possible_events(request.kind, request.callback))

        def record(point: RecordingPoint, failure: Failure | None) -> UsageRecord:
            return start_record(
                point,
                operation,
                requester=request.requester,
                correlator=request.correlator,
                addresses=request.addresses,
                events=events,
                failure=failure,
            )

        point = self._point(transaction_id)
        with self._failure_recorded(operation, point, record):
            self._admit(subscribe(request), self._recording.admitted(record(point, None)))

    def stop(self, request: StopRequest, transaction_id: str) -> None:
        """End a subscription; raises `ParlayXFault` or `ServiceError`."""
        operation = _STOP[request.kind]

        def record(point: RecordingPoint, failure: Failure | None) -> UsageRecord:
            return stop_record(
                point, operation, requester=request.requester, correlator=request.correlator, failure=failure
            )

        point = self._point(transaction_id)
        with self._failure_recorded(operation, point, record):
            correlator = checked_correlator(request.correlator)
            succeeded = self._recording.admitted(record(point, None))
            if self._store.stop(request.kind.value, correlator, request.principal, point.time, succeeded):
                return
            if not self._stop_is_lenient:
                raise InvalidInput("correlator")
            self._recording.write(record(point, None))

    def _point(self, transaction_id: str) -> RecordingPoint:
        return RecordingPoint(transaction_id=transaction_id, time=datetime.now(UTC), service=self._recording.service)

    @contextmanager
    def _failure_recorded(self, operation: Operation, point: RecordingPoint, record: MakeRecord) -> Iterator[None]:
        """A block that fails leaves a record that says so."""
        try:
            yield
        except UsageServiceError as error:
            self._recording.write(record(point, Failure(operation.value, type(error).__name__)))
            raise

    def _admit(self, subscription: Subscription, record: UsageRecord | None) -> None:
        if not self._allowed(subscription.endpoint):
            raise InvalidInput("endpoint")
        claims = [StoredClaim(c.kind.value, c.address_key, c.event.value) for c in subscription.claims()]
        match self._store.start(_stored(subscription, self._issue_id()), claims, record):
            case StartOutcome.CORRELATOR_IN_USE:
                raise DuplicateCorrelator(subscription.correlator, "correlator")
            case StartOutcome.OVERLAPPING:
                raise OverlappedCriteria("criteria")
            case StartOutcome.ADMITTED:
                return


def _stored(subscription: Subscription, subscription_id: str) -> StoredSubscription:
    return StoredSubscription(
        subscription_id=subscription_id,
        kind=subscription.kind.value,
        correlator=subscription.correlator,
        endpoint=subscription.endpoint,
        interface_name=subscription.interface_name,
        addresses=tuple(address.text for address in subscription.addresses),
        events=tuple(sorted(event.value for event in subscription.events)),
        callback=subscription.callback.value,
        requester=subscription.requester,
        principal=subscription.principal,
        started_at=subscription.started,
    )
