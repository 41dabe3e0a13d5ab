"""The tables as queries see them. The DDL itself is text, in `sql/`; a test holds the two against each other."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

TIME_FORMAT = "%Y-%m-%d %H:%M:%S.%f"


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time, to the millisecond: `timestamptz` on PostgreSQL, sortable text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """`timestamptz` where the database has it."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """To the database."""
        if value is None or dialect.name == "postgresql":
            return value
        return time_as_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            moment: datetime = value
            return moment.astimezone(UTC)
        return datetime.fromisoformat(value).replace(tzinfo=UTC)


def time_as_text(moment: datetime) -> str:
    """A UTC time as the SQLite tables hold it: `2012-10-29 14:41:00.540`."""
    return moment.replace(tzinfo=None).isoformat(" ", "milliseconds")


def remarks_as_text(remarks: tuple[str, ...]) -> str:
    """Remarks as one column: comma-separated, a comma inside a remark as %2C."""
    return ",".join(remark.replace("%", "%25").replace(",", "%2C") for remark in remarks)


def remarks_from_text(text: str | None) -> tuple[str, ...]:
    """The remarks of a row."""
    return tuple(part.replace("%2C", ",").replace("%25", "%") for part in text.split(",")) if text else ()


RecordId = String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")

metadata = MetaData()

usage_record = Table(
    "usage_record",
    metadata,
    Column("record_id", RecordId, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("record_time", UtcTime, nullable=False),
    Column("code", Integer, nullable=False),
    Column("global_transaction_id", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("requester", Text),
    Column("principal", Text),
    Column("caller_address", Text),
    Column("header_transaction_id", Text),
    Column("header_service_id", Text),
    Column("remarks", Text),
    PrimaryKeyConstraint("record_id", name="usage_record_pk"),
)

usage_property = Table(
    "usage_property",
    metadata,
    Column("record_id", RecordId, nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("record_id", "position", name="usage_property_pk"),
)

once_key = Table(
    "once_key",
    metadata,
    Column("service", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("record_id", RecordId, nullable=False),
    Column("content_digest", Text, nullable=False),
    Column("used_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("service", "key", name="once_key_used_once"),
)

usage_adjustment = Table(
    "usage_adjustment",
    metadata,
    Column("record_id", RecordId, nullable=False),
    Column("replacement_id", RecordId),
    Column("adjusted_at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason_code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("principal", Text),
    PrimaryKeyConstraint("record_id", name="usage_adjustment_once"),
)

usage_period = Table(
    "usage_period",
    metadata,
    Column("entry_id", RecordId, nullable=False),
    Column("service", Text, nullable=False),
    Column("starts_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("entered_at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("entry_id", name="usage_period_pk"),
)

source_sequence = Table(
    "source_sequence",
    metadata,
    Column("source", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("record_id", RecordId),
)

usage_reject = Table(
    "usage_reject",
    metadata,
    Column("reject_id", RecordId, nullable=False),
    Column("rejected_at", UtcTime, nullable=False),
    Column("source", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("field", Text),
    Column("reason", Text, nullable=False),
    Column("content_type", Text),
    Column("caller_address", Text),
    Column("principal", Text),
    Column("body_bytes", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("reject_id", name="usage_reject_pk"),
)

usage_reject_replay = Table(
    "usage_reject_replay",
    metadata,
    Column("reject_id", RecordId, nullable=False),
    Column("replayed_at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("record_id", RecordId),
    Column("reason", Text),
)

usage_current = Table("usage_current", MetaData(), *(Column(c.name, c.type) for c in usage_record.columns))
"""View: what counts now."""

closed_period = Table(
    "closed_period",
    MetaData(),
    Column("service", Text),
    Column("starts_at", UtcTime),
    Column("ends_at", UtcTime),
    Column("closed_at", UtcTime),
    Column("actor", Text),
    Column("reason", Text),
)
"""View: the periods that are closed now."""

source_completeness = Table(
    "source_completeness",
    MetaData(),
    Column("source", Text),
    Column("epoch", Text),
    Column("first_number", BigInteger),
    Column("last_number", BigInteger),
    Column("seen", BigInteger),
    Column("missing", BigInteger),
    Column("repeated", BigInteger),
    Column("last_seen_at", UtcTime),
)
"""View: how complete each source is."""

source_gap = Table(
    "source_gap",
    MetaData(),
    Column("source", Text),
    Column("epoch", Text),
    Column("from_number", BigInteger),
    Column("to_number", BigInteger),
)
"""View: which numbers are missing."""
