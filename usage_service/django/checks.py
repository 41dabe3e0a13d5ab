"""System checks: a setting that is missing or wrong is reported by `manage.py check`, before the first login."""

from typing import Any

from django.core.checks import CheckMessage, Error

from usage_service.django.conf import SETTING, configuration
from usage_service.errors import ConfigurationError


def check_configuration(**_: Any) -> list[CheckMessage]:
    """Every problem of the application's setting."""
    try:
        problems = configuration().problems()
    except ConfigurationError as error:
        problems = [str(error)]
    return [Error(f"{SETTING}: {problem}", id="usage_billing.E001") for problem in problems]
