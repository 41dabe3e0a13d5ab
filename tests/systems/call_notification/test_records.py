"""The usage records have the attributes of the two documented tables."""

from datetime import UTC, datetime

import pytest

from usage_service.systems.call_notification.calls import Notice
from usage_service.systems.call_notification.events import CallEvent
from usage_service.systems.call_notification.records import (
    DeliveryStage,
    Failure,
    Operation,
    RecordingPoint,
    delivery_record,
    start_record,
    stop_record,
)
from usage_service.systems.call_notification.sip_events import CallKey

NOW = datetime(2026, 1, 2, tzinfo=UTC)
POINT = RecordingPoint(transaction_id="t1", time=NOW)
NOTICE = Notice(
    CallKey("id", "tag"), CallEvent.CALLED_NUMBER, 1, '"A" <sip:a@x.org;user=phone>', "tel:+4681234;x=y", NOW
)


def test_start_record_has_first_table_attributes() -> None:
    record = start_record(
        POINT,
        Operation.START_NOTIFICATION,
        requester="alice",
        correlator="c1",
        addresses=["tel:+4681234"],
        events=[CallEvent.BUSY],
    )
    assert (record.service, record.event_type, record.code) == ("PX21_CN_IMS", "StartCallNotification", 0)
    assert dict(record.properties) == {
        "REQUESTER": "alice",
        "METHOD": "startCallNotification",
        "CORRELATOR": "c1",
        "CALLED_PARTY": "tel:+4681234",
        "CALL_EVENTS": "busy",
    }


def test_stop_record_omits_party_and_events() -> None:
    record = stop_record(POINT, Operation.STOP_DIRECTION, requester="alice", correlator="c1")
    assert record.event_type == "StopCallDirectionNotification"
    assert [name for name, _ in record.properties] == ["REQUESTER", "METHOD", "CORRELATOR"]


def test_failure_record_has_step_and_reason() -> None:
    failure = Failure("setAddressBean", "Remote:Exception;a=b")
    record = stop_record(POINT, Operation.STOP_NOTIFICATION, requester="alice", correlator="c1", failure=failure)
    assert record.code == 1
    assert dict(record.properties)["METHOD"] == "setAddressBean:RemoteExceptionab"


@pytest.mark.parametrize(("stage", "code"), [("Sending", 0), ("Sent", 0), ("Failed", 1)])
def test_delivery_record_has_second_table_attributes(stage: str, code: int) -> None:
    record = delivery_record(POINT, DeliveryStage(stage), correlator="c1", notice=NOTICE)
    assert (record.event_type, record.code, record.requester) == ("DeliverNotification", code, None)
    assert dict(record.properties) == {
        "CALL_NOTIFICATION": stage,
        "CORRELATOR": "c1",
        "CALLER": "sip:a@x.org",
        "CALLED_PARTY": "tel:+4681234",
        "NETWORK_EVENT": "NotifyCalledNumber",
        "CALL_ID": "id",
    }
