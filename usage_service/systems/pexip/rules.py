"""Service tags: opaque text by default, or text with fields inside when an operator writes them so.

The vendor advises a random UUID per room; some operators put a query string (`t=acme&dept=7`) into the tag
instead.

Which legs and conferences are billed: the settings of a deployment and the reasons for leaving one out.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from urllib.parse import parse_qsl

from usage_service.errors import ConfigurationError
from usage_service.systems.pexip.legs import Leg

TagParser = Callable[[str], dict[str, str]]
"""The fields written inside a tag; empty for a tag without any."""


def opaque(tag: str) -> dict[str, str]:
    """A tag that means nothing but itself."""
    return {}


def query_string(tag: str) -> dict[str, str]:
    """The fields of a tag such as `t=acme&dept=7`; a repeated name keeps its last value."""
    return dict(parse_qsl(tag, keep_blank_values=True))


def pattern(expression: str) -> TagParser:
    """A parser taking the named groups of a regular expression that must match the whole tag."""
    try:
        compiled = re.compile(expression)
    except re.error as error:
        raise ConfigurationError(f"tag pattern {expression!r}: {error}") from error

    def parse(tag: str) -> dict[str, str]:
        found = compiled.fullmatch(tag)
        groups = found.groupdict() if found else {}
        return {name: value for name, value in groups.items() if value is not None}

    return parse


def tag_parser(kind: str, expression: str = "") -> TagParser:
    """The parser a source is configured with: `opaque`, `query_string` or `regex`."""
    if kind == "regex":
        return pattern(expression)
    known = {"opaque": opaque, "query_string": query_string}
    if kind not in known:
        raise ConfigurationError(f"tag parser {kind!r}: expected opaque, query_string or regex")
    return known[kind]


class TrustedCallTags(Protocol):
    """Tells the call tags our own policy server set from those a client chose."""

    def set_by_policy(self, participant_uuid: str, call_id: str | None, call_tag: str) -> bool:
        """Whether our policy answered this tag for this participant or call."""


class NoTrustedCallTags:
    """For deployments that do not use our policy server: every call tag is the client's."""

    def set_by_policy(self, participant_uuid: str, call_id: str | None, call_tag: str) -> bool:
        """Never."""
        return False


@dataclass(frozen=True, kw_only=True)
class BillingRules:
    """What is billed in one deployment."""

    source: str  # `pexip:<sink>`; sinks of one deployment that share it share their legs
    free_service_types: frozenset[str] = frozenset(
        {"connecting", "ivr", "waiting_room", "two_stage_dialing", "test_call"}
    )
    free_protocols: frozenset[str] = frozenset({"api", "backplane"})  # lower case
    bill_streams: bool = False  # recorders and streams are not people
    bill_outgoing_gateway_legs: bool = True
    shortest: timedelta = timedelta()
    tag_parser: TagParser = opaque
    trusted_call_tags: TrustedCallTags = field(default_factory=NoTrustedCallTags)


_Check = Callable[[Leg, BillingRules], bool]

# In this order; the first that applies is the reason.
_REASONS: tuple[tuple[str, _Check], ...] = (
    ("still open", lambda leg, rules: not leg.closed),
    ("service type is free", lambda leg, rules: leg.shown.service_type in rules.free_service_types),
    ("protocol is free", lambda leg, rules: (leg.shown.protocol or "").lower() in rules.free_protocols),
    ("streaming", lambda leg, rules: bool(leg.shown.is_streaming) and not rules.bill_streams),
    ("no media", lambda leg, rules: not leg.has_media),
    (
        "outgoing gateway leg",
        lambda leg, rules: _is_outgoing_gateway(leg) and not rules.bill_outgoing_gateway_legs,
    ),
    ("never connected", lambda leg, rules: leg.start is None),
    ("end unknown", lambda leg, rules: leg.end is None),
    ("too short", lambda leg, rules: leg.duration is None or leg.duration < rules.shortest),
)


def _is_outgoing_gateway(leg: Leg) -> bool:
    return leg.shown.service_type == "gateway" and leg.shown.call_direction == "out"


def reason_not_billed(leg: Leg, rules: BillingRules) -> str | None:
    """Why this leg is not billed (yet); None when it is.

    A WebRTC participant has two legs, one of protocol API without media and the one with media; only the
    second counts, and so do hosts shown in breakout rooms without media.
    """
    return next((reason for reason, applies in _REASONS if applies(leg, rules)), None)
