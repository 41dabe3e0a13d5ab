"""Alembic's entry point. The connection comes from `usage_service.database.schema`; nothing is read from files."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
