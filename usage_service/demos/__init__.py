"""Demonstrations: each shows one part of the service at work, through its real processes."""
