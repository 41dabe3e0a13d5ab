"""Wiring: the only room that knows every edge. Everything is built here from settings and handed over by argument."""
