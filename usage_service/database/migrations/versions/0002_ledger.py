"""Idempotency keys, corrections with history, closed periods, completeness, kept rejects."""

from usage_service.database.migrations.script import run_script

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply the SQL text for this database."""
    run_script("0002_ledger.sql")
