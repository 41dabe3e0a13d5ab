"""One Pexip Infinity deployment as its operator describes it: a TOML file, so that passwords stay out of the settings.

deployment = "main"                       # records carry the source pexip:main

[sinks.oslo]                              # POST /pexip/event-sink/oslo
username = "events"                       # as configured on the Management Node; empty: no Basic auth
password = "…"
secret = "…"                              # as ?secret=… of the URL; empty: none

[manager]                                 # to reconcile with its history
url = "https://manager.example.com"
username = "usage"
password = "…"
reconcile_minutes = 10                    # 0: only when asked

[billing]
shortest_seconds = 0

[policy]                                  # GET /pexip/policy/v1/…
rules = "policy.toml"                     # beside this file
"""

import tomllib
from datetime import timedelta
from pathlib import Path

import msgspec

from usage_service.errors import ConfigurationError
from usage_service.systems.pexip.management_api import Login
from usage_service.systems.pexip.rules import BillingRules, NoTrustedCallTags, TrustedCallTags, tag_parser


class Sink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may post to one event sink; with everything empty, anybody."""

    username: str = ""
    password: str = ""
    secret: str = ""


class Manager(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The Management Node."""

    url: str
    username: str
    password: str
    verify_certificate: bool = True
    reconcile_minutes: float = 10

    def login(self) -> Login:
        """The same for the client of its API."""
        return Login(
            manager=self.url,
            username=self.username,
            password=self.password,
            verify_certificate=self.verify_certificate,
        )


class Billing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is billed; the defaults are those of `BillingRules`."""

    free_service_types: frozenset[str] | None = None
    free_protocols: frozenset[str] | None = None
    bill_streams: bool = False
    bill_outgoing_gateway_legs: bool = True
    shortest_seconds: float = 0
    tag_parser: str = "opaque"  # query_string or regex
    tag_pattern: str = ""


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The policy server; with an empty user name, anybody may ask."""

    rules: str
    username: str = ""
    password: str = ""


class Deployment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    deployment: str = "main"
    sinks: dict[str, Sink] = {}
    manager: Manager | None = None
    billing: Billing = Billing()
    policy: Policy | None = None
    memory_days: float = 8  # how long a leg or meeting can still change after the last word about it
    keep_event_days: float = 90  # how long raw events are kept; 0: for ever
    silence_minutes: float = 60  # a node silent for longer is reported

    @property
    def source(self) -> str:
        """The source that records carry."""
        return f"pexip:{self.deployment}"

    @property
    def memory(self) -> timedelta:
        """How long a leg or meeting can still change."""
        return timedelta(days=self.memory_days)

    def rules(self, trusted_call_tags: TrustedCallTags) -> BillingRules:
        """What is billed in this deployment; without a policy server no call tags are trusted."""
        billing = self.billing
        ours = BillingRules(source=self.source)
        return BillingRules(
            source=self.source,
            free_service_types=ours.free_service_types
            if billing.free_service_types is None
            else billing.free_service_types,
            free_protocols=ours.free_protocols if billing.free_protocols is None else billing.free_protocols,
            bill_streams=billing.bill_streams,
            bill_outgoing_gateway_legs=billing.bill_outgoing_gateway_legs,
            shortest=timedelta(seconds=billing.shortest_seconds),
            tag_parser=tag_parser(billing.tag_parser, billing.tag_pattern),
            trusted_call_tags=trusted_call_tags if self.policy else NoTrustedCallTags(),
        )


def load_deployment(path: Path) -> Deployment:
    """The deployment a file describes; raises `ConfigurationError` saying what is wrong with it."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Deployment)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"pexip ({path}): {error}") from error
