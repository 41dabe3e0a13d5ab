"""What became of the notices of each subscriber: the figures of TWSS's Notification Management, from the outbox."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from usage_service.store.call_notification_tables import call_notice, call_subscription
from usage_service.store.database import Database


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryStatistics:
    """Of one requester and correlator, over all subscriptions of that name."""

    requester: str
    correlator: str
    last_statistics_reset: datetime  # when the first of these subscriptions began: nothing is ever reset
    delivery_failure_count: int  # notices given up, also those that were replayed since
    last_delivery_failure: datetime | None  # of those that were not replayed
    delivery_success_count: int
    last_delivery_success: datetime | None


_FAILED, _SENT = call_notice.c.state == "failed", call_notice.c.state == "sent"
_STATISTICS = (
    select(
        call_subscription.c.requester,
        call_subscription.c.correlator,
        func.min(call_subscription.c.started_at).label("last_statistics_reset"),
        # Each further round followed a failure.
        func.coalesce(func.sum(call_notice.c.round - 1 + case((_FAILED, 1), else_=0)), 0).label(
            "delivery_failure_count"
        ),
        func.max(case((_FAILED, call_notice.c.settled_at))).label("last_delivery_failure"),
        func.count(case((_SENT, 1))).label("delivery_success_count"),
        func.max(case((_SENT, call_notice.c.settled_at))).label("last_delivery_success"),
    )
    .outerjoin_from(
        call_subscription, call_notice, call_notice.c.subscription_id == call_subscription.c.subscription_id
    )
    .group_by(call_subscription.c.requester, call_subscription.c.correlator)
    .order_by(call_subscription.c.requester, call_subscription.c.correlator)
)


def delivery_statistics(database: Database) -> list[DeliveryStatistics]:
    """The figures of every requester and correlator."""
    with database.connect() as connection:
        return [DeliveryStatistics(**row) for row in connection.execute(_STATISTICS).mappings()]
