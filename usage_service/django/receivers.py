"""What happens at a login."""

import logging
from typing import Any

from django.utils.module_loading import import_string

from usage_service.django.conf import configuration
from usage_service.django.logins import note_login
from usage_service.errors import UsageServiceError

log = logging.getLogger(__name__)


def login_seen(sender: Any, request: Any, user: Any, **_: Any) -> None:
    """Django's `user_logged_in`: take the facts from the request, if it has any."""
    note_safely(user, lambda: import_string(configuration().extractor)(request, user), evidence="request environment")


def note_safely(user: Any, facts_of: Any, *, evidence: str) -> None:
    """Note a login. A user who cannot be billed right now can still log in; the log says why."""
    try:
        facts = facts_of()
        if facts is not None:
            note_login(user, facts, evidence=evidence)
    except UsageServiceError as error:
        log.error("the login of %s was not noted for billing: %s", user.get_username(), error)
