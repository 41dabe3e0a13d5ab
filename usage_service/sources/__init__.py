"""Edges that bring usage in from foreign systems, one room per system."""
