"""Tests of the Genesys source, with a generator of logs whose truth is known."""
