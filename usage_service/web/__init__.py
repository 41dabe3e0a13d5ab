"""The HTTP front door: which path leads to which edge, and the service's own health."""
