"""Principals: who authenticated, for adjustments and subscriptions."""

from usage_service.database.migrations.script import run_script

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply the SQL text for this database."""
    run_script("0007_principals.sql")
