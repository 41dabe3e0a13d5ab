"""Interactions in real databases."""
