"""The command line `usage-service`: parse, call the wiring, print."""

from usage_service.cli.app import main

__all__ = ["main"]
