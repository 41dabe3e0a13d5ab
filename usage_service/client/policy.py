"""What becomes of a service's operation when its usage record cannot be written: a policy for each recording point.

The TWSS Payment service distinguishes the two by recording point: without the record of a charge the request fails
(SVC0270), without the record of a result it goes on with an alarm.
"""

from collections.abc import Mapping
from enum import Enum

from usage_service.catalog import Catalog
from usage_service.catalog import FailPolicy as CataloguePolicy
from usage_service.errors import ConfigurationError

ANY_EVENT = "*"


class FailPolicy(Enum):
    """The value is the word in configuration."""

    REQUIRE = "require"  # the record is written before the caller goes on, or the caller's operation fails
    SPOOL = "spool"  # the record is kept on disk and delivered later; the caller goes on
    OFF = "off"  # no record


_OF_CATALOGUE = {
    CataloguePolicy.BLOCK: FailPolicy.REQUIRE,
    CataloguePolicy.CONTINUE: FailPolicy.SPOOL,
    CataloguePolicy.OFF: FailPolicy.OFF,
}


class FailPolicies:
    """The policy of every (service, event type): an explicit rule, else the catalogue's preset, else the default."""

    def __init__(
        self,
        rules: Mapping[tuple[str, str], FailPolicy] | None = None,
        *,
        default: FailPolicy = FailPolicy.SPOOL,
        catalog: Catalog | None = None,
    ) -> None:
        """A rule for `(service, "*")` covers every event type of a service without a rule of its own."""
        self._rules = dict(rules or {})
        self._default = default
        self._catalog = catalog
        self._found: dict[tuple[str, str], FailPolicy] = {}

    def policy(self, service: str, event_type: str) -> FailPolicy:
        """The policy of one recording point."""
        point = (service, event_type)
        found = self._found.get(point)
        if found is None:
            found = self._found[point] = self._find(service, event_type)
        return found

    def _find(self, service: str, event_type: str) -> FailPolicy:
        for point in ((service, event_type), (service, ANY_EVENT)):
            if point in self._rules:
                return self._rules[point]
        if self._catalog is not None and service in self._catalog:
            return _OF_CATALOGUE[self._catalog.fail_policy(service, event_type)]
        return self._default


def policies_from_text(rules: Mapping[str, str]) -> dict[tuple[str, str], FailPolicy]:
    """Rules as configuration files have them: `{"PX21_CN_IMS/StartCallNotification": "require", "MYSVC/*": "off"}`."""
    return {_point(name): _policy(name, word) for name, word in rules.items()}


def _point(name: str) -> tuple[str, str]:
    service, slash, event_type = name.partition("/")
    if not (service and slash and event_type):
        raise ConfigurationError(f"{name!r} is not SERVICE/EVENTTYPE or SERVICE/*")
    return service, event_type


def _policy(name: str, word: str) -> FailPolicy:
    try:
        return FailPolicy(word)
    except ValueError as error:
        words = ", ".join(policy.value for policy in FailPolicy)
        raise ConfigurationError(f"the policy of {name} is {word!r}, it must be one of {words}") from error
