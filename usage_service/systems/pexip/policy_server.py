"""The policy server: `GET /pexip/policy/v1/…`, answered from the rules and our own totals.

The platform waits 5 s at most and goes on by itself when the answer is late, odd or not 200 (Pexip Infinity
documentation, "Using the external policy server API"), so whatever happens here gives an answer, quickly.
"""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from usage_service.auth.credentials import BASIC_CHALLENGE, has_login
from usage_service.errors import ConfigurationError
from usage_service.http.asgi import Receive, Scope, Send, respond
from usage_service.systems.pexip.deployment import Policy
from usage_service.systems.pexip.policy import CONTINUE, Decision, Rules, UsageTotals, decide, read_rules

PREFIX = "/pexip/policy/v1/"
FRESH_SECONDS = 0.9
"""How old a total or the rules may be when a call is judged."""
MOST_TOTALS = 10_000

log = logging.getLogger(__name__)
Note = Callable[[Mapping[str, Any]], None]
"""Keeps a decision, soon and without being waited for."""
Judge = Callable[[Callable[[], Decision]], Any]


class FreshTotals:
    """Totals that are asked for again after a moment; safe to share between threads."""

    def __init__(self, totals: UsageTotals, clock: Callable[[], float] = time.monotonic) -> None:
        self._totals = totals
        self._clock = clock
        self._known: dict[tuple[str, datetime], tuple[float, timedelta]] = {}

    def used(self, service_tag: str, start: datetime, end: datetime) -> timedelta:
        """Participant time under a service tag within a period."""
        asked = self._clock()
        known = self._known.get((service_tag, start))
        if known is not None and asked - known[0] < FRESH_SECONDS:
            return known[1]
        used = self._totals.used(service_tag, start, end)
        if len(self._known) >= MOST_TOTALS:  # tags are the caller's words
            self._known.clear()
        self._known[service_tag, start] = (asked, used)
        return used


class RulesFile:
    """The rules in force: a changed file takes effect at once, a broken one is logged and the last good one stays."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._changed = path.stat().st_mtime_ns if path.exists() else 0
        self._rules = _rules_in(path)
        self._looked = clock()

    def rules(self) -> Rules:
        """The rules now."""
        if self._clock() - self._looked >= FRESH_SECONDS:
            self._looked = self._clock()
            self._look()
        return self._rules

    def _look(self) -> None:
        try:
            changed = self._path.stat().st_mtime_ns
            if changed != self._changed:
                self._changed = changed
                self._rules = _rules_in(self._path)
        except (OSError, ConfigurationError) as error:
            log.error("the policy rules stay as they were: %s", error)


class PolicyServer:
    """One ASGI application for every policy request."""

    def __init__(self, policy: Policy, rules: RulesFile, totals: UsageTotals, judge: Judge, note: Note) -> None:
        self._policy = policy
        self._rules = rules
        self._totals = totals
        self._judge = judge
        self._note = note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong leaves the decision to the platform."""
        if self._policy.username and not has_login(scope, self._policy.username, self._policy.password):
            await respond(send, 401, b"", b"text/plain", ((b"www-authenticate", BASIC_CHALLENGE),))
            return
        request = scope["path"].removeprefix(PREFIX).strip("/")
        parameters = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        answer = CONTINUE
        try:
            decision = await self._decide(request, parameters)
            self._note(_noted(request, parameters, decision))
            answer = decision.answer()
        except Exception:
            log.exception("a policy request was left to the platform")
        await respond(send, 200, msgspec.json.encode(answer), b"application/json")

    async def _decide(self, request: str, parameters: Mapping[str, str]) -> Decision:
        rules, now = self._rules.rules(), datetime.now(UTC)
        decision: Decision = await self._judge(lambda: decide(request, parameters, rules, self._totals, now))
        return decision


def _rules_in(path: Path) -> Rules:
    try:
        return read_rules(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"policy rules: {error}") from error


def _noted(request: str, parameters: Mapping[str, str], decision: Decision) -> dict[str, Any]:
    """A decision as it is kept. NUL is what PostgreSQL cannot hold."""
    row = {
        "request": request,
        "service_tag": parameters.get("service_tag"),
        "participant_uuid": parameters.get("participant_uuid"),
        "call_uuid": parameters.get("call_uuid"),
        "refused": decision.refused,
        "reason": decision.reason,
        "call_tag": decision.call_tag,
        "parameters": msgspec.json.encode(parameters).decode(),
    }
    return {name: value.replace("\x00", "\ufffd") if isinstance(value, str) else value for name, value in row.items()}
