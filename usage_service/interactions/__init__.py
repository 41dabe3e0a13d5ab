"""Interactions kept: Genesys calls in the store, their usage records in the ledger, their paths on request."""
