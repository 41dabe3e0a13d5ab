"""Pexip Infinity: events, legs and meetings, completeness, reconciliation, policy decisions."""

from usage_service.database.migrations.script import run_script

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply the SQL text for this database."""
    run_script("0005_pexip.sql")
