"""Customers, accounts and cost centres; imported CDR files; billing runs."""

from usage_service.database.migrations.script import run_script

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply the SQL text for this database."""
    run_script("0004_billing.sql")
