"""The tables of Genesys calls, links and interactions as queries see them; the DDL is text, in `sql/`."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Integer, PrimaryKeyConstraint, Table, Text
from sqlalchemy.engine import Dialect

from usage_service.ledger.tables import RecordId, UtcTime, metadata


class ServerTime(UtcTime):
    """A time as a server stated it: to the microsecond, on both databases."""

    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """To the database."""
        if value is None or dialect.name == "postgresql":
            return value
        return value.replace(tzinfo=None).isoformat(" ", "microseconds")


def _call_table(name: str, *columns: Column[Any]) -> Table:
    """A table of parts of calls."""
    return Table(
        name, metadata, Column("call_uuid", Text, nullable=False), Column("server", Text, nullable=False), *columns
    )


genesys_call = _call_table(
    "genesys_call",
    Column("first_session", Text, nullable=False),
    Column("first_number", BigInteger, nullable=False),
    Column("first_at", ServerTime, nullable=False),
    Column("created_session", Text),
    Column("created_number", BigInteger),
    Column("created_at", ServerTime),
    Column("ended_session", Text),
    Column("ended_number", BigInteger),
    Column("ended_at", ServerTime),
    Column("merged_into", Text),
    Column("merged_session", Text),
    Column("merged_number", BigInteger),
    Column("merged_at", ServerTime),
    Column("revision", BigInteger, nullable=False),
    Column("settled_revision", BigInteger, nullable=False),
)
genesys_call.append_constraint(PrimaryKeyConstraint("call_uuid", "server", name="genesys_call_pk"))

genesys_conn_id = _call_table("genesys_conn_id", Column("conn_id", Text, nullable=False))
genesys_conn_id.append_constraint(PrimaryKeyConstraint("call_uuid", "server", "conn_id", name="genesys_conn_id_pk"))

genesys_attribute = _call_table(
    "genesys_attribute",
    Column("name", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("stated_at", ServerTime, nullable=False),
)
genesys_attribute.append_constraint(PrimaryKeyConstraint("call_uuid", "server", "name", name="genesys_attribute_pk"))

genesys_link_list = _call_table(
    "genesys_link_list",
    Column("session", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("listed_at", ServerTime, nullable=False),
    Column("complete", Boolean, nullable=False),
)
genesys_link_list.append_constraint(
    PrimaryKeyConstraint("call_uuid", "server", "session", "number", name="genesys_link_list_pk")
)

genesys_listed_link = _call_table(
    "genesys_listed_link",
    Column("session", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("link_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("remote_location", Text, nullable=False),
)
genesys_listed_link.append_constraint(
    PrimaryKeyConstraint(
        "call_uuid",
        "server",
        "session",
        "number",
        "link_id",
        "role",
        "remote_location",
        name="genesys_listed_link_pk",
    )
)

genesys_link_side = Table(
    "genesys_link_side",
    metadata,
    Column("link_id", Text, nullable=False),
    Column("call_uuid", Text, nullable=False),
    Column("server", Text, nullable=False),
    Column("current_call_uuid", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("remote_location", Text, nullable=False),
    Column("first_number", BigInteger, nullable=False),
    Column("first_at", ServerTime, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    PrimaryKeyConstraint("link_id", "call_uuid", "server", name="genesys_link_side_pk"),
)

genesys_link_history = Table(
    "genesys_link_history",
    metadata,
    Column("link_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("change", Text, nullable=False),
    Column("call_uuid", Text, nullable=False),
    Column("server", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("changed_at", ServerTime, nullable=False),
    PrimaryKeyConstraint("link_id", "position", name="genesys_link_history_pk"),
)

genesys_interaction = Table(
    "genesys_interaction",
    metadata,
    Column("interaction_id", Text, nullable=False),
    Column("started_at", ServerTime, nullable=False),
    Column("final", Boolean, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("problems", Integer, nullable=False),
    Column("as_of", ServerTime, nullable=False),
    Column("due_at", ServerTime),
    PrimaryKeyConstraint("interaction_id", name="genesys_interaction_pk"),
)

genesys_interaction_call = Table(
    "genesys_interaction_call",
    metadata,
    Column("call_uuid", Text, nullable=False),
    Column("server", Text, nullable=False),
    Column("interaction_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("server_name", Text, nullable=False),
    Column("inferred", Boolean, nullable=False),
    PrimaryKeyConstraint("call_uuid", "server", name="genesys_interaction_call_pk"),
)

genesys_usage = Table(
    "genesys_usage",
    metadata,
    Column("service", Text, nullable=False),
    Column("once_key", Text, nullable=False),
    Column("call_uuid", Text, nullable=False),
    PrimaryKeyConstraint("service", "once_key", name="genesys_usage_pk"),
)

genesys_log = Table(
    "genesys_log",
    metadata,
    Column("log", Text, nullable=False),
    Column("position", Text, nullable=False),
    Column("read_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("log", name="genesys_log_pk"),
)

genesys_reject = Table(
    "genesys_reject",
    metadata,
    Column("digest", Text, nullable=False),
    Column("reject_id", RecordId, nullable=False),
    PrimaryKeyConstraint("digest", name="genesys_reject_pk"),
)
