"""Usage records for telecom services: one durable, queryable ledger behind a Parlay X compatible SOAP contract."""

__version__ = "0.1.0"
