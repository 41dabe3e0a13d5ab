"""The tables of Call Notification as queries see them."""

from sqlalchemy import Column, Integer, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from usage_service.ledger.tables import RecordId, UtcTime, metadata

call_subscription = Table(
    "call_subscription",
    metadata,
    Column("subscription_id", RecordId, nullable=False),
    Column("kind", Text, nullable=False),
    Column("correlator", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("interface_name", Text, nullable=False),
    Column("addresses", Text, nullable=False),
    Column("events", Text, nullable=False),
    Column("callback", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("principal", Text),
    PrimaryKeyConstraint("subscription_id", name="call_subscription_pk"),
)

call_claim = Table(
    "call_claim",
    metadata,
    Column("kind", Text, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("subscription_id", RecordId, nullable=False),
    PrimaryKeyConstraint("kind", "address_key", "event", name="call_claim_once"),
)

call_state = Table(
    "call_state",
    metadata,
    Column("call_id", Text, nullable=False),
    Column("from_tag", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("settle_at", UtcTime),
    PrimaryKeyConstraint("call_id", "from_tag", name="call_state_pk"),
)

call_notice = Table(
    "call_notice",
    metadata,
    Column("notice_id", RecordId, nullable=False),
    Column("subscription_id", RecordId, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("call_id", Text, nullable=False),
    Column("from_tag", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("event", Text, nullable=False),
    Column("leg", Integer, nullable=False),
    Column("caller", Text, nullable=False),
    Column("called", Text, nullable=False),
    Column("happened_at", UtcTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("round", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("first_sent_at", UtcTime),
    Column("last_error", Text),
    Column("settled_at", UtcTime),
    PrimaryKeyConstraint("notice_id", name="call_notice_pk"),
    UniqueConstraint("subscription_id", "call_id", "from_tag", "event", "leg", name="call_notice_once"),
)
