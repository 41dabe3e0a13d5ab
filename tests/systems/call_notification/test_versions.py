"""Namespaces and versions of the Parlay X interfaces."""

import pytest

from usage_service.errors import Unreadable
from usage_service.systems.call_notification.events import CallEvent
from usage_service.systems.call_notification.versions import CallbackVersion, callback_version, is_manager_namespace

MANAGER = "http://www.csapi.org/schema/parlayx/call_notification/notification_manager/{}/local"


@pytest.mark.parametrize(
    ("manager", "callback"),
    [
        ("v2_3", "v2_2"),
        ("v2_0", "v2_2"),
        ("v3_1", "v3_2"),
        ("v3_7", "v3_2"),
        ("v3_8", "v3_8"),
        ("v4_0", "v3_8"),
    ],
)
def test_the_callback_follows_from_the_manager(manager: str, callback: str) -> None:
    assert callback_version(MANAGER.format(manager)) is CallbackVersion(callback)


@pytest.mark.parametrize("namespace", ["", "urn:x", MANAGER.format("v2"), MANAGER.format("v2_3") + "/x"])
def test_another_namespace_is_no_manager(namespace: str) -> None:
    assert not is_manager_namespace(namespace)
    with pytest.raises(Unreadable):
        callback_version(namespace)


def test_each_version_adds_events() -> None:
    assert CallEvent.ANSWER not in CallbackVersion.V2_2.events
    assert CallEvent.DISCONNECTED not in CallbackVersion.V3_2.events
    assert CallbackVersion.V3_8.events == frozenset(CallEvent)
