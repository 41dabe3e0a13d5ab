"""The usage records of Parlay X Call Notification over SIP/IMS: the two attribute tables of the TWSS manual.

One record for every start and stop of a subscription, also a failed one. One when a notice is about to be
delivered and one for what became of it; the two share transaction id and correlator.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from usage_service.record import Property, UsageRecord
from usage_service.systems.call_notification.addresses import bare_uri
from usage_service.systems.call_notification.calls import Notice
from usage_service.systems.call_notification.events import NAMES, CallEvent, call_events_text

SERVICE = "PX21_CN_IMS"
"""Default service name, in the pattern of the sister services (PX21_TPC_IMS, PX21_TS_IMS, …)."""
SUCCESS, GENERAL_FAILURE = 0, 1

# Separators of METHOD and of the packed attribute column; a reason must not contain them.
_WITHOUT_SEPARATORS = str.maketrans("", "", ":;=")


class Operation(Enum):
    """The operations of the two managers; the value is the name on the wire."""

    START_NOTIFICATION = "startCallNotification"
    STOP_NOTIFICATION = "stopCallNotification"
    START_DIRECTION = "startCallDirectionNotification"
    STOP_DIRECTION = "stopCallDirectionNotification"

    @property
    def event_type(self) -> str:
        """The recording point: the operation's name with a capital."""
        return self.value[0].upper() + self.value[1:]


class DeliveryStage(Enum):
    """The values of CALL_NOTIFICATION."""

    SENDING = "Sending"  # ready to call the application
    SENT = "Sent"  # the application has confirmed
    FAILED = "Failed"  # given up


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an operation failed: the step, and the short name of the error."""

    step: str
    error: str

    def __str__(self) -> str:
        return f"{self.step.translate(_WITHOUT_SEPARATORS)}:{self.error.translate(_WITHOUT_SEPARATORS)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingPoint:
    """What every record of this service needs besides its attributes."""

    transaction_id: str
    time: datetime  # aware, UTC
    service: str = SERVICE
    once_key: str | None = None

    def record(
        self, event_type: str, code: int, properties: Iterable[tuple[str, str]], requester: str | None
    ) -> UsageRecord:
        return UsageRecord(
            global_transaction_id=self.transaction_id,
            service=self.service,
            event_type=event_type,
            record_time=self.time,
            code=code,
            properties=tuple(Property(name, value) for name, value in properties),
            requester=requester,
            source="call_notification",
            once_key=self.once_key,
        )


def start_record(
    point: RecordingPoint,
    operation: Operation,
    *,
    requester: str,
    correlator: str,
    addresses: Sequence[str],
    events: Iterable[CallEvent],
    failure: Failure | None = None,
) -> UsageRecord:
    """The record of a start operation; addresses as the application gave them."""
    subject = [("CALLED_PARTY", ",".join(addresses)), ("CALL_EVENTS", call_events_text(events))]
    return _manager_record(point, operation, (requester, correlator), failure, subject)


def stop_record(
    point: RecordingPoint,
    operation: Operation,
    *,
    requester: str,
    correlator: str,
    failure: Failure | None = None,
) -> UsageRecord:
    """The record of a stop operation, which knows of no called party and no events."""
    return _manager_record(point, operation, (requester, correlator), failure, [])


def _manager_record(
    point: RecordingPoint,
    operation: Operation,
    asked: tuple[str, str],
    failure: Failure | None,
    subject: list[tuple[str, str]],
) -> UsageRecord:
    requester, correlator = asked
    method = operation.value if failure is None else str(failure)
    properties = [("REQUESTER", requester), ("METHOD", method), ("CORRELATOR", correlator), *subject]
    code = SUCCESS if failure is None else GENERAL_FAILURE
    return point.record(operation.event_type, code, properties, requester)


def delivery_record(point: RecordingPoint, stage: DeliveryStage, *, correlator: str, notice: Notice) -> UsageRecord:
    """The record of one stage of delivering a notice. This table has neither REQUESTER nor METHOD.

    CALL_ID is not in the manual; it ties the record to what other systems know of the same SIP call.
    """
    properties = [
        ("CALL_NOTIFICATION", stage.value),
        ("CORRELATOR", correlator),
        ("CALLER", bare_uri(notice.caller)),
        ("CALLED_PARTY", bare_uri(notice.called)),
        ("NETWORK_EVENT", NAMES[notice.event].network_event),
        ("CALL_ID", notice.call.call_id),
    ]
    code = GENERAL_FAILURE if stage is DeliveryStage.FAILED else SUCCESS
    return point.record("DeliverNotification", code, properties, None)
