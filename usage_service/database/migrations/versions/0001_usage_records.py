"""The tables that every record lands in, and the view for mediators of the old platform."""

from usage_service.database.migrations.script import run_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply the SQL text for this database."""
    run_script("0001_usage_records.sql")
