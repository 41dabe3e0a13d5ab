"""Call Notification: subscriptions, the state of calls, and the outbox of notices."""

from usage_service.database.migrations.script import run_script

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply the SQL text for this database."""
    run_script("0006_call_notification.sql")
