"""What an application is to this service, and how a call to it can fail."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from usage_service.callnotification.events import CallEvent
from usage_service.callnotification.versions import CallbackVersion
from usage_service.errors import ServiceError


class NotDelivered(ServiceError):
    """The application did not take the notice."""


class Unavailable(NotDelivered):
    """It may take it later: not reachable, or HTTP 404 or 503."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """What one application is told about one call event."""

    endpoint: str
    callback: CallbackVersion
    correlator: str
    event: CallEvent
    caller: str
    called: str
    session: str  # identity of the call, for those versions that carry it


class Answer(NamedTuple):
    """An application's Action, as it stands in its answer."""

    action: str
    routing_address: str | None


class Applications(Protocol):
    """The way to the applications."""

    def notify(self, telling: Telling) -> None:
        """Tell an application; raises `Unavailable` or `NotDelivered`."""

    def ask(self, telling: Telling) -> Answer:
        """Ask an application what to do; raises `NotDelivered`."""
