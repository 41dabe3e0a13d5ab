"""Spyne logs what callers send, with traces; the service silences it, and so do its tests."""

import logging

import pytest


@pytest.fixture(autouse=True, scope="session")
def _spyne_is_silent() -> None:
    logging.getLogger("spyne").setLevel(logging.CRITICAL + 1)
