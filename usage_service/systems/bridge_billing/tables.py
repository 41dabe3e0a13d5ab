"""The tables of conference-bridge billing as queries see them."""

from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Integer, Numeric, PrimaryKeyConstraint, Table, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from usage_service.ledger.tables import RecordId, UtcTime, metadata


class Amount(TypeDecorator[Decimal]):
    """Exact money: `numeric` on PostgreSQL, decimal text on SQLite, whose numbers are binary."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """`numeric` where the database has it."""
        return dialect.type_descriptor(Numeric() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """To the database."""
        return value if value is None or dialect.name == "postgresql" else format(value, "f")

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """From the database."""
        return None if value is None else Decimal(value)


def _table(name: str, key: str, *columns: Column[Any]) -> Table:
    return Table(name, metadata, *columns, PrimaryKeyConstraint(*key.split(), name=f"{name}_pk"))


def _text(name: str) -> Column[Any]:
    return Column(name, Text, nullable=False)


def _maybe_text(name: str) -> Column[Any]:
    return Column(name, Text)


def _number(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False)


def _time(name: str) -> Column[Any]:
    return Column(name, UtcTime, nullable=False)


def _maybe_time(name: str) -> Column[Any]:
    return Column(name, UtcTime)


def _amount(name: str) -> Column[Any]:
    return Column(name, Amount, nullable=False)


def _maybe_amount(name: str) -> Column[Any]:
    return Column(name, Amount)


customer = _table(
    "customer",
    "customer_id version",
    _text("customer_id"),
    _number("version"),
    _text("default_sequencenumber"),
    _text("currency"),
    _text("entity_ids"),
    _text("scopes"),
    _time("recorded_at"),
)

service_account = _table(
    "service_account",
    "service external_id version",
    _text("service"),
    _text("external_id"),
    _number("version"),
    _text("user_key"),
    _text("customer_id"),
    _time("created_at"),
    _maybe_time("deactivated_at"),
    _time("recorded_at"),
)

cost_centre_change = _table(
    "cost_centre_change",
    "service external_id change_no",
    _text("service"),
    _text("external_id"),
    _number("change_no"),
    _text("kind"),
    Column("number", Integer),
    _maybe_text("sequencenumber"),
    _maybe_time("valid_from"),
    _maybe_time("valid_to"),
    _maybe_text("source"),
    _maybe_text("evidence"),
    _maybe_time("seen_at"),
    _maybe_time("missing_since"),
    _maybe_text("actor"),
    _maybe_text("reason"),
    _time("recorded_at"),
)

import_begun = _table(
    "import_begun",
    "sha256",
    _text("sha256"),
    _text("name"),
    _text("layout"),
    _text("sheet"),
    _text("period"),
    _maybe_text("corrects"),
    _time("begun_at"),
)

import_file = Table(
    "import_file",
    metadata,
    _text("sha256"),
    _time("imported_at"),
    _number("rows"),
    _maybe_text("corrects"),
    PrimaryKeyConstraint("sha256", name="import_file_pk"),
    UniqueConstraint("corrects", name="import_file_corrected_once"),
)

import_total = _table("import_total", "sha256 currency", _text("sha256"), _text("currency"), _amount("amount"))

cdr_line = _table(
    "cdr_line",
    "file_sha256 row_no",
    _text("file_sha256"),
    _number("row_no"),
    _text("row_hash"),
    _text("service"),
    _text("external_id"),
    _time("start_at"),
    _maybe_time("end_at"),
    _amount("amount"),
    _text("currency"),
    _maybe_text("conference_id"),
    _maybe_amount("minutes"),
    _maybe_amount("quantity"),
    _maybe_text("participant"),
    _maybe_text("calling_number"),
    _maybe_text("called_number"),
    _maybe_text("access_type"),
    _maybe_text("billing_code"),
    _maybe_amount("tax"),
    _maybe_amount("rate"),
    _text("raw"),
    _text("remarks"),
)

cdr_reject = _table(
    "cdr_reject",
    "file_sha256 row_no",
    _text("file_sha256"),
    _number("row_no"),
    Column("reject_id", RecordId, nullable=False),
    _text("reason"),
    _maybe_amount("amount"),
    _maybe_text("currency"),
    _text("raw"),
)

cdr_posting = _table(
    "cdr_posting",
    "file_sha256 row_no number",
    _text("file_sha256"),
    _number("row_no"),
    _number("number"),
    Column("record_id", RecordId),
    _text("customer_id"),
    _text("sequencenumber"),
    _text("user_key"),
    _time("posted_at"),
)

billing_run = _table(
    "billing_run",
    "run_id",
    _text("run_id"),
    _text("period"),
    _time("period_start"),
    _time("period_end"),
    _text("directory"),
    _text("mode"),
    _text("rounding"),
    _number("places"),
    _number("max_age_seconds"),
    _number("unreadable_amounts"),
    _number("outside_period"),
    _number("after_deactivation"),
)

billing_run_made = _table(
    "billing_run_made",
    "entry_id",
    Column("entry_id", RecordId, nullable=False),
    _text("run_id"),
    _text("period"),
    _time("made_at"),
)

billing_run_file = _table("billing_run_file", "run_id sha256", _text("run_id"), _text("sha256"), _text("layout"))

aggregate = _table(
    "aggregate",
    "run_id customer_id sequencenumber user_key currency",
    _text("run_id"),
    _text("customer_id"),
    _text("sequencenumber"),
    _text("user_key"),
    _text("currency"),
    _amount("exact"),
    _amount("total"),
    _number("line_count"),
)

billing_run_control = _table(
    "billing_run_control",
    "run_id currency",
    _text("run_id"),
    _text("currency"),
    _amount("file_total"),
    _amount("charged"),
    _amount("suspended"),
    _amount("rounded"),
)

billing_run_suspense = _table(
    "billing_run_suspense", "run_id reason", _text("run_id"), _text("reason"), _number("lines")
)

billing_run_stale = _table(
    "billing_run_stale",
    "run_id service external_id number",
    _text("run_id"),
    _text("service"),
    _text("external_id"),
    _number("number"),
    _time("seen_at"),
    _maybe_time("missing_since"),
    _time("last_use"),
    _number("line_count"),
)

billing_closing = _table(
    "billing_closing",
    "entry_id",
    Column("entry_id", RecordId, nullable=False),
    _text("period"),
    _time("period_start"),
    _time("period_end"),
    _text("act"),
    _time("at"),
    _text("actor"),
    _text("reason"),
    _maybe_text("run_id"),
)
