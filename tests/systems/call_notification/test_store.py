"""Subscriptions, calls and the outbox, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from usage_service.database.database import Database
from usage_service.errors import Conflict, NotFound
from usage_service.ledger.model import RecordFilter
from usage_service.ledger.records import Records
from usage_service.record import UsageRecord
from usage_service.record_ids import new_record_ids
from usage_service.systems.call_notification.store import (
    Attempt,
    CallChange,
    CallId,
    CallNotices,
    CallStates,
    CallSubscriptions,
    NewNotice,
    StartOutcome,
    StoredClaim,
    StoredNotice,
    StoredSubscription,
    delivery_statistics,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LEASE = timedelta(seconds=60)
CALL = CallId("call", "tag")


def subscription(correlator: str = "c1", endpoint: str = "http://app/") -> StoredSubscription:
    return StoredSubscription(
        subscription_id=new_record_ids(1)[0],
        kind="call_notification",
        correlator=correlator,
        endpoint=endpoint,
        interface_name="CallNotification",
        addresses=("tel:+1",),
        events=("Busy",),
        callback="v3_2",
        requester="alice",
        started_at=NOW,
    )


def claim(key: str = "tel:+1", event: str = "Busy") -> StoredClaim:
    return StoredClaim("call_notification", key, event)


def notice(event: str, position: int, key: str = "tel:+1") -> NewNotice:
    return NewNotice(
        event=event, leg=1, position=position, caller="sip:a@b", called=key, address_keys=(key,), happened_at=NOW
    )


def attempt(notice: StoredNotice, state: str, error: str | None = None) -> Attempt:
    return Attempt(notice_id=notice.notice_id, state=state, attempts=notice.attempts, error=error)


def opened(database: Database) -> CallSubscriptions:
    return CallSubscriptions(database, host="here", issue_id=lambda: new_record_ids(1)[0])


def record(event_type: str) -> UsageRecord:
    return UsageRecord(
        global_transaction_id="t1", service="PX21_CN_IMS", event_type=event_type, record_time=NOW, code=0
    )


def recorded(database: Database) -> list[str]:
    return [stored.record.event_type for stored in Records(database).find(RecordFilter())]


def states(database: Database) -> CallStates:
    return CallStates(database, kind="call_notification", issue_ids=new_record_ids)


def queue(database: Database, *notices: NewNotice, call: CallId = CALL) -> int:
    change = CallChange(state="{}", settle_at=None, notices=notices)
    return states(database).change({call: lambda _state: change}, NOW)


def test_subscription_found_by_address_and_event(database: Database) -> None:
    subscriptions = opened(database)
    started = subscription()
    assert subscriptions.start(started, [claim(), claim(event="Answer")], None) is StartOutcome.ADMITTED
    assert subscriptions.holders("call_notification", ["tel:+2", "tel:+1"]) == {"Busy": started, "Answer": started}
    assert subscriptions.holders("call_direction", ["tel:+1"]) == {}
    assert subscriptions.get([started.subscription_id]) == {started.subscription_id: started}


def test_the_first_address_is_preferred(database: Database) -> None:
    subscriptions = opened(database)
    first, second = subscription("c1"), subscription("c2")
    subscriptions.start(first, [claim("sip:1@home")], None)
    subscriptions.start(second, [claim("tel:+1")], None)
    assert subscriptions.holders("call_notification", ["sip:1@home", "tel:+1"])["Busy"] == first


def test_duplicate_correlator_and_overlap_reported_separately(database: Database) -> None:
    subscriptions = opened(database)
    subscriptions.start(subscription("c1"), [claim()], None)
    assert subscriptions.start(subscription("c1"), [claim("tel:+2")], None) is StartOutcome.CORRELATOR_IN_USE
    assert subscriptions.start(subscription("c2"), [claim("tel:+2"), claim()], None) is StartOutcome.OVERLAPPING
    assert subscriptions.start(subscription("c2"), [claim("tel:+2")], None) is StartOutcome.ADMITTED


def test_stopping_releases_correlator_and_addresses(database: Database) -> None:
    subscriptions = opened(database)
    subscriptions.start(subscription(), [claim()], None)
    assert not subscriptions.stop("call_direction", "c1", None, NOW, None)
    assert subscriptions.stop("call_notification", "c1", None, NOW, None)
    assert not subscriptions.stop("call_notification", "c1", None, NOW, None)
    assert subscriptions.start(subscription(), [claim()], None) is StartOutcome.ADMITTED


def test_record_stored_only_with_its_operation(database: Database) -> None:
    subscriptions = opened(database)
    subscriptions.start(subscription(), [claim()], record("Start"))
    subscriptions.start(subscription(), [claim()], record("Refused"))
    subscriptions.stop("call_notification", "another", None, NOW, record("Refused"))
    subscriptions.stop("call_notification", "c1", None, NOW, record("Stop"))
    assert recorded(database) == ["Start", "Stop"]


def test_call_is_folded_from_last_state(database: Database) -> None:
    seen: list[str | None] = []

    def fold(state: str | None) -> CallChange:
        seen.append(state)
        return CallChange(state=f"{state}+", settle_at=NOW, notices=())

    for _ in range(3):
        states(database).change({CALL: fold}, NOW)
    assert seen == [None, "None+", "None++"]
    assert states(database).to_settle(NOW) == [CALL]
    assert states(database).to_settle(NOW - LEASE) == []


def test_old_calls_are_forgotten(database: Database) -> None:
    queue(database)
    assert states(database).forget(NOW) == 0
    assert states(database).forget(NOW + LEASE) == 1


def test_only_subscribed_notices_are_queued_once(database: Database) -> None:
    opened(database).start(subscription(), [claim()], None)
    assert queue(database, notice("Busy", 1), notice("Answer", 2), notice("Busy", 3, "tel:+2")) == 1
    queue(database, notice("Busy", 1))
    assert len(CallNotices(database).find()) == 1


def test_notices_of_call_are_taken_sequentially(database: Database) -> None:
    opened(database).start(subscription(), [claim(), claim(event="CalledNumber")], None)
    queue(database, notice("CalledNumber", 0), notice("Busy", 1))
    queue(database, notice("Busy", 1), call=CallId("other", "tag"))
    outbox = CallNotices(database)
    first = outbox.take("http://app/", NOW, LEASE, 10)
    assert [(taken.call_id, taken.event) for taken in first] == [("call", "CalledNumber"), ("other", "Busy")]
    assert outbox.take("http://app/", NOW, LEASE, 10) == []
    outbox.settle([attempt(first[0], "sent")], NOW)
    assert [taken.event for taken in outbox.take("http://app/", NOW, LEASE, 10)] == ["Busy"]


def test_expired_lease_releases_notice_to_others(database: Database) -> None:
    opened(database).start(subscription(), [claim()], None)
    queue(database, notice("Busy", 0))
    outbox = CallNotices(database)
    (first,) = outbox.take("http://app/", NOW, LEASE, 10)
    assert outbox.waiting_endpoints(NOW) == {}
    assert outbox.waiting_endpoints(NOW + LEASE) == {"http://app/": 1}
    (second,) = outbox.take("http://app/", NOW + LEASE, LEASE, 10)
    assert (second.notice_id, second.attempts, second.first_sent_at) == (first.notice_id, 2, NOW)


def test_abandoned_notice_can_be_replayed(database: Database) -> None:
    opened(database).start(subscription(), [claim()], None)
    queue(database, notice("Busy", 0))
    outbox = CallNotices(database)
    (taken,) = outbox.take("http://app/", NOW, LEASE, 10)
    outbox.settle([attempt(taken, "waiting", "busy")], NOW)
    with pytest.raises(Conflict):
        outbox.replay(taken.notice_id, NOW)
    outbox.settle([attempt(taken, "failed", "gone")], NOW)
    assert [found.last_error for found in outbox.find(state="failed")] == ["gone"]
    outbox.replay(taken.notice_id, NOW)
    again = outbox.get(taken.notice_id)
    assert (again.state, again.round, again.attempts, again.first_sent_at) == ("waiting", 2, 0, None)


def test_deliveries_counted_by_requester_and_correlator(database: Database) -> None:
    opened(database).start(subscription(), [claim()], None)
    queue(database, notice("Busy", 0))
    queue(database, notice("Busy", 0), call=CallId("other", "tag"))
    outbox = CallNotices(database)
    first, second = outbox.take("http://app/", NOW, LEASE, 10)
    outbox.settle([attempt(first, "failed"), attempt(second, "sent")], NOW)
    (figures,) = delivery_statistics(database)
    assert (figures.requester, figures.correlator, figures.last_statistics_reset) == ("alice", "c1", NOW)
    assert (figures.delivery_failure_count, figures.last_delivery_failure) == (1, NOW)
    assert (figures.delivery_success_count, figures.last_delivery_success) == (1, NOW)
    outbox.replay(first.notice_id, NOW)
    assert delivery_statistics(database)[0].delivery_failure_count == 1


def test_unknown_notice_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        CallNotices(database).get(new_record_ids(1)[0])


def test_only_its_beginner_stops_subscription(database: Database) -> None:
    subscriptions = opened(database)
    subscriptions.start(replace(subscription(), principal="cn"), [claim()], None)
    assert not subscriptions.stop("call_notification", "c1", "other", NOW, None)
    assert not subscriptions.stop("call_notification", "c1", None, NOW, None)
    assert subscriptions.stop("call_notification", "c1", "cn", NOW, None)
