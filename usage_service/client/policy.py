"""What becomes of a service's operation when its usage record cannot be written: a policy for each recording point.

The TWSS Payment service distinguishes the two by recording point: without the record of a charge the request fails
(SVC0270), without the record of a result it goes on with an alarm.
"""

from collections.abc import Mapping

from usage_service.catalog import Catalog, FailPolicy

ANY_EVENT = "*"


class FailPolicies:
    """The policy of every (service, event type): an explicit rule, else the catalog's preset, else the default."""

    def __init__(
        self,
        rules: Mapping[tuple[str, str], FailPolicy] | None = None,
        *,
        default: FailPolicy = FailPolicy.CONTINUE,
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
            return self._catalog.fail_policy(service, event_type)
        return self._default
