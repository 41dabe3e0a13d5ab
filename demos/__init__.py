"""Demonstrations: each starts the real service on a temporary file and shows what a person wants to see."""
