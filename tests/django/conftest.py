"""A Django project with the application installed: its tables made by migrations, emptied before each test."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import django
import pytest
from django.core.management import call_command
from django.db import connection

from tests.django.identity import prepare

_folder = TemporaryDirectory(prefix="django-project-")
os.environ["DJANGO_PROJECT_FOLDER"] = _folder.name
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.django.project.settings"
django.setup()  # models cannot be imported before, so it cannot wait for a fixture


@pytest.fixture(scope="session")
def project() -> Iterator[Path]:
    """The folder of the project."""
    folder = Path(_folder.name)
    prepare(folder)
    call_command("migrate", verbosity=0)
    yield folder
    connection.close()
    _folder.cleanup()


@pytest.fixture(autouse=True)
def _empty_tables(project: Path) -> None:
    call_command("flush", interactive=False, verbosity=0)
