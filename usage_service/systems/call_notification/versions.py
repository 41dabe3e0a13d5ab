"""The versions of the Parlay X interfaces, read off their namespaces, and what each of them knows.

A namespace is `http://www.csapi.org/schema/parlayx/<interface>/<version>/local` for messages. Managers and
callbacks are numbered apart: an application that subscribes with manager v3_1 implements callback v3_2.
"""

import re
from enum import Enum

from usage_service.errors import Unreadable
from usage_service.systems.call_notification.events import DIRECTED_EVENTS, CallEvent

SCHEMA = "http://www.csapi.org/schema/parlayx"

_MANAGER = re.compile(
    re.escape(SCHEMA) + r"/(call_notification|call_direction)/notification_manager/v(\d{1,3})_(\d{1,3})/local"
)


class SubscriptionKind(Enum):
    """To be notified of calls, or to decide about them; the value is the interface's part of the namespace."""

    NOTIFICATION = "call_notification"
    DIRECTION = "call_direction"


class CallbackVersion(Enum):
    """The version of CallNotification and CallDirection that an application implements."""

    V2_2 = "v2_2"  # Parlay X 2.1
    V3_2 = "v3_2"  # Parlay X 3.0
    V3_8 = "v3_8"  # as in 3GPP TS 29.199-03 Rel-8 and later

    @property
    def events(self) -> frozenset[CallEvent]:
        """The members of this version's `CallEvents`."""
        return _EVENTS[self]

    @property
    def has_session_identifier(self) -> bool:
        """Whether notices carry `callSessionIdentifier`, and parties are called participants."""
        return self is not CallbackVersion.V2_2


_EVENTS = {
    CallbackVersion.V2_2: DIRECTED_EVENTS,
    CallbackVersion.V3_2: DIRECTED_EVENTS | {CallEvent.ANSWER},
    CallbackVersion.V3_8: DIRECTED_EVENTS | {CallEvent.ANSWER, CallEvent.DISCONNECTED},
}


def is_manager_namespace(namespace: str) -> bool:
    """Whether messages of this namespace are for one of the two managers, in whatever version."""
    return _MANAGER.fullmatch(namespace) is not None


def callback_version(manager_namespace: str) -> CallbackVersion:
    """The callback that belongs to the manager an application subscribed with."""
    found = _MANAGER.fullmatch(manager_namespace)
    if found is None:
        raise Unreadable(f"{manager_namespace} is not the namespace of a Parlay X notification manager")
    major, minor = int(found.group(2)), int(found.group(3))
    if major < 3:
        return CallbackVersion.V2_2
    return CallbackVersion.V3_2 if (major, minor) < (3, 8) else CallbackVersion.V3_8
