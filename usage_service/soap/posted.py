"""A request as it came over HTTP, before anybody looked into it."""

from dataclasses import dataclass

from usage_service.callers import Caller


@dataclass(frozen=True, slots=True)
class Posted:
    """What HTTP and the authentication say about one request."""

    body: bytes
    content_type: str | None = None
    caller_address: str | None = None
    caller: Caller | None = None  # who authenticated; None where nobody has to

    @property
    def principal(self) -> str | None:
        """The name of who authenticated."""
        return self.caller.name if self.caller else None
