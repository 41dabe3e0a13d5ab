"""Calling applications: what they may answer, and how the versions differ."""

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.systems.call_notification.application import Application, serving
from usage_service.systems.call_notification.callbacks import MAX_ANSWER_BYTES, EndpointGuard, SoapApplications
from usage_service.systems.call_notification.delivering import NotDelivered, Notification, Unavailable
from usage_service.systems.call_notification.events import CallEvent
from usage_service.systems.call_notification.versions import CallbackVersion

LOCAL = EndpointGuard(["http://127.0.0.1:*/"])


@pytest.fixture
def application() -> Iterator[Application]:
    with serving(Application()) as started:
        yield started


def notification(endpoint: str, version: CallbackVersion = CallbackVersion.V3_2) -> Notification:
    return Notification(
        endpoint=endpoint,
        callback=version,
        correlator="c1",
        event=CallEvent.BUSY,
        caller="tel:+1",
        called="tel:+2",
        session="call",
    )


def applications(*, px21_send_correlator: bool = True) -> SoapApplications:
    return SoapApplications(LOCAL, notify_timeout=0.3, ask_timeout=0.3, px21_send_correlator=px21_send_correlator)


def test_answer_over_maximum_length_is_rejected(application: Application) -> None:
    padding = MAX_ANSWER_BYTES - 1024
    application.action = f"<actionToPerform>EndCall</actionToPerform><!--{'x' * padding}-->"
    assert applications().ask(notification(application.url)).action == "EndCall"
    application.action += f"<!--{'x' * 1024}-->"
    with pytest.raises(NotDelivered, match="longer than"):
        applications().ask(notification(application.url))


def test_slowly_dripping_application_is_abandoned() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stopping = threading.Event()
        dripping = threading.Thread(target=_drip, args=(listener, stopping))
        dripping.start()
        with pytest.raises(Unavailable, match="too long"):
            applications().notify(notification(f"http://127.0.0.1:{listener.getsockname()[1]}/"))
        stopping.set()
        dripping.join()


def _drip(listener: socket.socket, stopping: threading.Event) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
        while not stopping.wait(0.05):
            try:
                connection.sendall(b"x")
            except OSError:
                return


@pytest.mark.parametrize(("version", "sent"), [(CallbackVersion.V2_2, False), (CallbackVersion.V3_2, True)])
def test_correlator_of_2_1_is_optional(application: Application, version: CallbackVersion, sent: bool) -> None:
    applications(px21_send_correlator=False).notify(notification(application.url, version))
    assert ("correlator" in application.notified[0][2]) is sent
