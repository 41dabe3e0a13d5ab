"""The catalog as packaged, and with an operator's files beside it."""

from pathlib import Path

import pytest

from usage_service.catalog import Catalog, load
from usage_service.registry import catalog_files

from .records import CATALOG


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return CATALOG


@pytest.fixture(scope="session")
def data() -> Path:
    return Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def operator_catalog(data: Path) -> Catalog:
    return load(data / "operator", of_systems=catalog_files())
