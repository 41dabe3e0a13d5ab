"""The parts, on a fresh database of each kind."""

from collections.abc import Iterator

import pytest

from usage_service.database.database import Database

from .support import Parts, wired


@pytest.fixture
def parts(database: Database) -> Iterator[Parts]:
    """Everything wired to a fresh database."""
    with wired(database) as parts:
        yield parts
