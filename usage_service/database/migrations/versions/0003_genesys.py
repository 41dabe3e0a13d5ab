"""Genesys calls, links and interactions; how far logs have been read."""

from usage_service.database.migrations.script import run_script

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply the SQL text for this database."""
    run_script("0003_genesys.sql")
