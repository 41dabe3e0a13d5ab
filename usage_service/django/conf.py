"""The one setting of the application: a dictionary `USAGE_BILLING`."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.module_loading import import_string

from usage_service.errors import ConfigurationError
from usage_service.systems.bridge_billing.allocation import Mode
from usage_service.systems.bridge_billing.assigning import WhenMissing
from usage_service.systems.bridge_billing.login import DEPARTMENT_NUMBER, ENTITLEMENT, LoginRules
from usage_service.systems.bridge_billing.money import Rounding
from usage_service.systems.bridge_billing.rated import Rules

SETTING = "USAGE_BILLING"


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The entries of `USAGE_BILLING`, in lower case."""

    entitlement_value: str = ""  # needed: the entitlement that says a user may cause costs; there is no standard value
    service: str = "pgi"  # the bridge operator
    customer_id: str = ""  # who answers for users whose login does not say it
    extractor: str = "usage_service.django.extracting.from_request"  # (request, user) → facts or None
    provision: str = ""  # (user) → the external id of a new account at the operator; empty: accounts are made by hand
    cost_centre_attributes: tuple[str, ...] = DEPARTMENT_NUMBER
    entitlement_attributes: tuple[str, ...] = ENTITLEMENT
    when_missing: str = "keep"  # keep or default
    endpoint: str = ""  # URL of the billing service; empty: keep own tables
    timeout: float = 5.0  # seconds to wait for the billing service during a login
    layout: str = "pgi"  # of CDR workbooks: a shipped layout
    time_zone: str = "UTC"  # whose midnights begin and end a billing month
    mode: str = "by_usage_time"  # or one_per_user
    rounding: str = "half-up"  # or half-even
    max_age_days: int = 90  # an assignment not confirmed for longer before a use is stale

    def login_rules(self) -> LoginRules:
        """Which attributes to believe; raises `ConfigurationError`."""
        return LoginRules(
            entitlement_value=self.entitlement_value,
            cost_centre_attributes=tuple(self.cost_centre_attributes),
            entitlement_attributes=tuple(self.entitlement_attributes),
        )

    def rules(self) -> Rules:
        """How a period is calculated."""
        age = timedelta(days=self.max_age_days)
        return Rules(mode=Mode(self.mode), rounding=Rounding(self.rounding), max_age=age)

    def problems(self) -> list[str]:
        """What is wrong with the entries, for Django's system checks."""
        checks: dict[str, Any] = {
            "ENTITLEMENT_VALUE": self.login_rules,
            "EXTRACTOR": lambda: import_string(self.extractor),
            "PROVISION": lambda: import_string(self.provision) if self.provision else None,
            "WHEN_MISSING": lambda: WhenMissing(self.when_missing),
            "TIME_ZONE": lambda: ZoneInfo(self.time_zone),
            "MODE, ROUNDING or MAX_AGE_DAYS": self.rules,
        }
        return [f"{name}: {problem}" for name, check in checks.items() if (problem := _problem(check))]


def configuration() -> Configuration:
    """The configuration in force; raises `ConfigurationError` for an unknown entry."""
    entries: Mapping[str, Any] = getattr(settings, SETTING, {})
    known = {field.name.upper(): field.name for field in fields(Configuration)}
    unknown = sorted(set(entries) - set(known))
    if unknown:
        raise ConfigurationError(f"{SETTING} has unknown entries: {', '.join(unknown)}")
    return Configuration(**{known[name]: value for name, value in entries.items()})


def _problem(check: Any) -> str:
    try:
        check()
    except (ConfigurationError, ImportError, ValueError, KeyError, TypeError, OSError) as error:
        return str(error)
    return ""
