"""The group `pexip` of the settings."""

from dataclasses import dataclass

from usage_service.settings import setting


@dataclass(frozen=True, kw_only=True, slots=True)
class PexipSettings:
    """Where the deployment is described; what it is like stands in that file."""

    file: str = setting(
        "", "File that describes the Pexip Infinity deployment to take usage from; see docs/pexip.md. Empty: none."
    )
