"""The relational store: the only room with SQLAlchemy in it. Driver errors leave it as `usage_service.errors` only."""
