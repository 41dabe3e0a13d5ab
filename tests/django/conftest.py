"""A Django project with the application installed: its tables made by migrations, emptied before each test."""

import os
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.core.management import call_command

from tests.django.identity import prepare


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the project."""
    folder = tmp_path_factory.mktemp("project")
    prepare(folder)
    os.environ["DJANGO_PROJECT_FOLDER"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.django.project.settings"
    django.setup()
    call_command("migrate", verbosity=0)
    return folder


@pytest.fixture(autouse=True)
def _empty_tables(project: Path) -> Iterator[None]:
    from django.db import connection

    call_command("flush", interactive=False, verbosity=0)
    yield
    connection.close()
