"""A stand-in for a Pexip Infinity deployment: one script of calls, reported by event sinks and history API.

For tests and demonstrations only. Field names and behaviour follow the vendor's documentation of event
sinks and of the Management API.
"""
