"""The application's entry in Django's registry."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.core import checks
from django.utils.module_loading import import_string

from usage_service.django.checks import check_configuration


class BillingConfig(AppConfig):
    """Conference-bridge billing."""

    name = "usage_service.django"
    label = "usage_billing"
    verbose_name = "Conference-bridge billing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to logins, once however often this is called, and check the settings."""
        login_seen = import_string("usage_service.django.receivers.login_seen")  # needs models, which exist only now
        user_logged_in.connect(login_seen, dispatch_uid="usage_service.django.login_seen")
        checks.register(check_configuration, checks.Tags.compatibility)
