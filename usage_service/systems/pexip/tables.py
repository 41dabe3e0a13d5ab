"""The tables of the Pexip source as queries see them; what they are for stands in `sql/`."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from usage_service.ledger.tables import RecordId, UtcTime, metadata
from usage_service.systems.pexip.fields import PARTICIPANT

_SerialNumber = BigInteger().with_variant(Integer, "sqlite")

pexip_inbox = Table(
    "pexip_inbox",
    metadata,
    Column("inbox_id", _SerialNumber, nullable=False),
    Column("sink", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("caller_address", Text),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("inbox_id", name="pexip_inbox_pk"),
)

pexip_event = Table(
    "pexip_event",
    metadata,
    Column("event_id", _SerialNumber, nullable=False),
    Column("sink", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("seq", BigInteger),
    Column("event_time", UtcTime),
    Column("event", Text, nullable=False),
    Column("subject", Text),
    Column("received_at", UtcTime, nullable=False),
    Column("reason", Text),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("event_id", name="pexip_event_pk"),
)

pexip_piece = Table(
    "pexip_piece",
    metadata,
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("saved_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("kind", "id", name="pexip_piece_pk"),
)

pexip_piece_key = Table(
    "pexip_piece_key",
    metadata,
    Column("kind", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("id", Text, nullable=False),
    PrimaryKeyConstraint("kind", "field", "value", "id", name="pexip_piece_key_pk"),
)

pexip_untold = Table(
    "pexip_untold",
    metadata,
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("name", Text, nullable=False),
    PrimaryKeyConstraint("kind", "id", name="pexip_untold_pk"),
)

pexip_usage = Table(
    "pexip_usage",
    metadata,
    Column("usage_key", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("record_id", RecordId),
    Column("record", LargeBinary),
    Column("service_tag", Text),
    Column("ended_at", UtcTime),
    Column("seconds", BigInteger),
    Column("told_at", UtcTime, nullable=False),
    Column("refused", Text),
    Column("settled", Boolean, nullable=False),
    PrimaryKeyConstraint("usage_key", name="pexip_usage_pk"),
)

pexip_sequence = Table(
    "pexip_sequence",
    metadata,
    Column("sink", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("state", LargeBinary, nullable=False),
    PrimaryKeyConstraint("sink", "node", name="pexip_sequence_pk"),
)

pexip_epoch = Table(
    "pexip_epoch",
    metadata,
    Column("source", Text, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("highest", BigInteger, nullable=False),
    Column("missing", BigInteger, nullable=False),
    Column("repeated", BigInteger, nullable=False),
    Column("latest_at", UtcTime, nullable=False),
)

pexip_hole = Table(
    "pexip_hole",
    metadata,
    Column("source", Text, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("first_number", BigInteger, nullable=False),
    Column("last_number", BigInteger, nullable=False),
    Column("after_time", UtcTime),
    Column("before_time", UtcTime, nullable=False),
    Column("reconciled_at", UtcTime),
)

pexip_progress = Table(
    "pexip_progress",
    metadata,
    Column("name", Text, nullable=False),
    Column("reached_at", UtcTime),
    Column("reached_id", BigInteger),
    PrimaryKeyConstraint("name", name="pexip_progress_pk"),
)

pexip_history_row = Table(
    "pexip_history_row",
    metadata,
    Column("kind", Text, nullable=False),
    Column("row_id", Text, nullable=False),
    Column("read_at", UtcTime, nullable=False),
    Column("reason", Text),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("kind", "row_id", name="pexip_history_row_pk"),
)

pexip_finding = Table(
    "pexip_finding",
    metadata,
    Column("found_at", UtcTime, nullable=False),
    Column("row_id", Text, nullable=False),
    Column("usage_key", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("differences", Text, nullable=False),
)

pexip_decision = Table(
    "pexip_decision",
    metadata,
    Column("decided_at", UtcTime, nullable=False),
    Column("request", Text, nullable=False),
    Column("service_tag", Text),
    Column("participant_uuid", Text),
    Column("call_uuid", Text),
    Column("refused", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("call_tag", Text),
    Column("parameters", Text, nullable=False),
)

pexip_leg = Table(
    "pexip_leg",
    MetaData(),
    Column("record_id", RecordId),
    Column("source", Text),
    Column("ended_at", UtcTime),
    Column("call_tag_trust", Text),
    Column("participant_uuid", Text),
    *(Column(line.column, Text) for line in PARTICIPANT if line.column),
    Column("seconds", BigInteger),
)
"""View: the billed legs that count now."""

pexip_node_silence = Table(
    "pexip_node_silence",
    MetaData(),
    Column("sink", Text),
    Column("node", Text),
    Column("events", BigInteger),
    Column("last_event_at", UtcTime),
    Column("last_received_at", UtcTime),
)
"""View: since when each node has been silent."""
