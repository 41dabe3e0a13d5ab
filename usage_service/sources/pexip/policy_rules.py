"""The rules of the policy server: a TOML file that an administrator can read aloud.

    fail = "open"                      # what to do when a rule cannot be judged; rules may differ

    [[rule]]
    name = "acme has 500 hours a month"
    service_tag = ["acme-*"]           # shell patterns; every condition given must match
    quota_hours = 500
    period = "month"                   # day, week, month or year
    fail = "closed"
    message = "Your quota for this month is used up"

    [[rule]]
    name = "cost centre from the identity provider"
    set_call_tag = "{idp_attribute_costcenter}"

Rules are read from top to bottom: the first that refuses a call decides, the first that sets a value sets it.
"""

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

import msgspec

from usage_service.errors import ConfigurationError


class Fail(StrEnum):
    """What happens to a call when a rule cannot be judged."""

    OPEN = "open"  # the call goes on
    CLOSED = "closed"  # the call is refused


class Period(StrEnum):
    """The calendar period of a quota, in UTC; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A service that a rule describes itself, in place of the platform's own configuration."""

    name: str
    service_tag: str
    service_type: str = "conference"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule: conditions, then what follows when all of them hold."""

    name: str
    service_tag: tuple[str, ...] = ()
    call_tag: tuple[str, ...] = ()
    local_alias: tuple[str, ...] = ()
    remote_alias: tuple[str, ...] = ()
    protocol: tuple[str, ...] = ()
    location: tuple[str, ...] = ()
    deny: bool = False
    allow: bool = False  # ends the list: later rules are not read
    quota_hours: float | None = None  # per service tag and period
    period: Period = Period.MONTH
    set_call_tag: str | None = None  # a template over the request's parameters
    service: Service | None = None  # answer to service configuration requests
    message: str = "Access denied"
    fail: Fail | None = None

    @property
    def quota(self) -> timedelta | None:
        """The quota as a length of time."""
        return None if self.quota_hours is None else timedelta(hours=self.quota_hours)

    def conditions(self) -> Mapping[str, tuple[str, ...]]:
        """Request parameter to patterns, for the conditions that are given."""
        names = ("service_tag", "call_tag", "local_alias", "remote_alias", "protocol", "location")
        return {name: patterns for name in names if (patterns := getattr(self, name))}


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rules file."""

    rule: tuple[Rule, ...] = ()
    fail: Fail = Fail.OPEN


def read_rules(source: str) -> Rules:
    """The rules in the text of a TOML file; `ConfigurationError` names what is wrong with it."""
    try:
        rules = msgspec.convert(tomllib.loads(source), Rules)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"policy rules: {error}") from error
    for rule in rules.rule:
        _check(rule)
    return rules


def _check(rule: Rule) -> None:
    problems = {
        "deny and allow exclude each other": rule.deny and rule.allow,
        "quota_hours must not be negative": (rule.quota_hours or 0) < 0,
        "it neither refuses, allows nor sets anything": not (
            rule.deny or rule.allow or rule.set_call_tag or rule.service or rule.quota_hours is not None
        ),
    }
    for problem, applies in problems.items():
        if applies:
            raise ConfigurationError(f"policy rule {rule.name!r}: {problem}")
