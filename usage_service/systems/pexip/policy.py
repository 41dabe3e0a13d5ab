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

Policy decisions: may this call go on, and under which tags?

Pure: request parameters in, a decision with its reason out. The platform falls back to its own
configuration when it is not answered within 5 s or not understood, so anything odd about a request gives
the default behaviour (Pexip Infinity documentation, "Using the external policy server API").
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Protocol

import msgspec

from usage_service.errors import ConfigurationError, ServiceError


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


LONGEST_VALUE = 250
"""Longest text value a policy answer may carry."""
CONTINUE: Mapping[str, object] = {"status": "success", "action": "continue"}
"""The answer that leaves everything to the platform."""


class UsageTotals(Protocol):
    """Our own totals, as far as a quota needs them."""

    def used(self, service_tag: str, start: datetime, end: datetime) -> timedelta:
        """Participant time under a service tag within a period; `ServiceError` when it cannot be calculated."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What we answer to one request, and why."""

    refused: bool = False
    reason: str = "no rule applies"
    call_tag: str | None = None  # to be set, and trusted from then on
    service: Mapping[str, str] | None = None  # a complete service configuration
    message: str = ""  # shown to the caller when refused

    def answer(self) -> Mapping[str, object]:
        """The JSON body the platform expects."""
        if self.refused:
            return {"status": "success", "action": "reject", "result": {"reject_reason": self.message}}
        if self.service is not None:
            return {**CONTINUE, "result": dict(self.service)}
        return {**CONTINUE, "result": {"call_tag": self.call_tag}} if self.call_tag else CONTINUE


Decider = Callable[[Mapping[str, str], Rules, UsageTotals, datetime], Decision]


def decide_participant(parameters: Mapping[str, str], rules: Rules, totals: UsageTotals, now: datetime) -> Decision:
    """The decision on a participant properties request: allow and deny lists, quotas and the call tag."""
    decision = Decision()
    for rule in rules.rule:
        if not matches(rule, parameters):
            continue
        refusal = _refusal(rule, parameters, totals, now, rule.fail or rules.fail)
        if refusal is not None:
            return refusal
        decision = _with_call_tag(decision, rule, parameters)
        if rule.allow:
            return replace(decision, reason=f"allowed by {rule.name}") if not decision.call_tag else decision
    return decision


def decide_service(parameters: Mapping[str, str], rules: Rules, totals: UsageTotals, now: datetime) -> Decision:
    """The decision on a service configuration request.

    Incoming requests carry no service tag yet, so quotas apply only to a service that a rule itself
    describes. A refusal must not come with a valid result, or the platform would ignore the action.
    """
    for rule in rules.rule:
        if rule.service is None and not rule.deny:
            continue
        if not matches(rule, parameters):
            continue
        if rule.service is None:
            return Decision(refused=True, reason=f"denied by {rule.name}", message=rule.message)
        tagged = {**parameters, "service_tag": rule.service.service_tag}
        refusal = _refusal(rule, tagged, totals, now, rule.fail or rules.fail)
        service = {
            "name": rule.service.name,
            "service_tag": rule.service.service_tag,
            "service_type": rule.service.service_type,
        }
        return refusal or Decision(reason=f"service set by {rule.name}", service=service)
    return Decision()


_DECIDERS: Mapping[str, Decider] = {
    "participant/properties": decide_participant,
    "service/configuration": decide_service,
}


def decide(request: str, parameters: Mapping[str, str], rules: Rules, totals: UsageTotals, now: datetime) -> Decision:
    """The decision on any policy request, by its path below `policy/v1/`; what we have no say in goes on."""
    decider = _DECIDERS.get(request.strip("/"))
    return decider(parameters, rules, totals, now) if decider else Decision(reason=f"no rules for {request}")


def matches(rule: Rule, parameters: Mapping[str, str]) -> bool:
    """Whether every condition of the rule holds; a parameter that is not sent matches as empty text."""
    return all(
        any(fnmatchcase(_plain(parameters.get(name, "")), pattern.lower()) for pattern in patterns)
        for name, patterns in rule.conditions().items()
    )


def _plain(value: str) -> str:
    return value.removeprefix("sip:").lower()


def _refusal(
    rule: Rule, parameters: Mapping[str, str], totals: UsageTotals, now: datetime, fail: Fail
) -> Decision | None:
    if rule.deny:
        return Decision(refused=True, reason=f"denied by {rule.name}", message=rule.message)
    if rule.quota is None or not parameters.get("service_tag"):  # calls without a tag share nothing
        return None
    start, end = period_of(now, rule.period)
    try:
        used = totals.used(parameters.get("service_tag", ""), start, end)
    except ServiceError as error:
        reason = f"{rule.name} cannot be judged: {error}"
        return Decision(refused=True, reason=reason, message=rule.message) if fail is Fail.CLOSED else None
    if used < rule.quota:
        return None
    return Decision(refused=True, reason=f"over quota of {rule.name}: {used} used", message=rule.message)


def _with_call_tag(decision: Decision, rule: Rule, parameters: Mapping[str, str]) -> Decision:
    if decision.call_tag is not None or rule.set_call_tag is None:
        return decision
    call_tag = filled(rule.set_call_tag, parameters)
    if call_tag is None or len(call_tag) > LONGEST_VALUE:
        return decision
    return replace(decision, call_tag=call_tag, reason=f"call tag set by {rule.name}")


_PLACE = re.compile(r"\{(\w+)\}")


def filled(template: str, parameters: Mapping[str, str]) -> str | None:
    """The template with request parameters in its places; None when one of them is missing or empty."""
    names = _PLACE.findall(template)
    if not all(parameters.get(name) for name in names):
        return None
    return _PLACE.sub(lambda place: parameters[place.group(1)], template)


def period_of(now: datetime, period: Period) -> tuple[datetime, datetime]:
    """First moment of the calendar period around `now`, and of the next one."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    start = _STARTS[period](midnight)
    return start, _STARTS[period](start + _LONGER_THAN[period])


_STARTS: Mapping[Period, Callable[[datetime], datetime]] = {
    Period.DAY: lambda day: day,
    Period.WEEK: lambda day: day - timedelta(days=day.weekday()),
    Period.MONTH: lambda day: day.replace(day=1),
    Period.YEAR: lambda day: day.replace(month=1, day=1),
}
# Enough to reach into the next period, from its first day, and not beyond it.
_LONGER_THAN = {
    Period.DAY: timedelta(days=1),
    Period.WEEK: timedelta(days=7),
    Period.MONTH: timedelta(days=31),
    Period.YEAR: timedelta(days=366),
}
