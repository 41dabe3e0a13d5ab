"""Calling applications: what they may answer, and how the versions differ."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.systems.call_notification.application import SOAP, Application, serving
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


EMPTY_BODY = f'<e:Envelope xmlns:e="{SOAP}"><e:Body/></e:Envelope>'
FAULT = (
    f'<e:Envelope xmlns:e="{SOAP}"><e:Body><e:Fault><faultcode>e:Server</faultcode><faultstring>no</faultstring>'
    "</e:Fault></e:Body></e:Envelope>"
)
ACTION = (
    f'\n<?xml version="1.0"?><e:Envelope xmlns:e="{SOAP}"><e:Body><l:handleBusyResponse '
    'xmlns:l="http://www.csapi.org/schema/parlayx/call_direction/v3_2/local"><l:result>'
    "<actionToPerform>EndCall</actionToPerform></l:result></l:handleBusyResponse></e:Body></e:Envelope>"
)


@contextmanager
def answering(status: int, content: str, content_type: str = "text/xml") -> Iterator[str]:
    """The URL of an application that answers all requests so."""
    body = content.encode("latin-1")
    answer = (
        f"HTTP/1.1 {status} Whatever\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode()

    def answer_one(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            received = b""
            while b"Envelope>" not in received[-64:]:
                received += connection.recv(65_536)
            connection.sendall(answer + body)

    def answer_all(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                answer_one(listener.accept()[0])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer_all, args=(listener,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize(
    ("status", "content"),
    [
        pytest.param(202, "", id="accepted"),
        pytest.param(204, "", id="no content"),
        pytest.param(200, "", id="empty"),
        pytest.param(200, EMPTY_BODY, id="empty SOAP body"),
        pytest.param(200, f"\r\n{EMPTY_BODY}", id="blank line first"),
        pytest.param(200, "<html>thanks</html>", id="no SOAP"),
        pytest.param(200, "caf\xe9", id="no XML"),
    ],
)
@pytest.mark.parametrize("content_type", ["text/xml", "text/xml; charset=iso-8859-1", "multipart/related", ""])
def test_any_success_means_delivered(status: int, content: str, content_type: str) -> None:
    with answering(status, content, content_type) as url:
        applications().notify(notification(url))


@pytest.mark.parametrize("status", [404, 429, 502, 503, 504])
def test_passing_failures_are_tried_again(status: int) -> None:
    with answering(status, "") as url, pytest.raises(Unavailable):
        applications().notify(notification(url))


@pytest.mark.parametrize(("status", "content"), [(200, FAULT), (500, FAULT), (400, ""), (301, "")])
def test_faults_and_refusals_are_not_delivered(status: int, content: str) -> None:
    with answering(status, content) as url, pytest.raises(NotDelivered) as refused:
        applications().notify(notification(url))
    assert not isinstance(refused.value, Unavailable)


def test_direction_with_blank_line_is_read() -> None:
    with answering(200, ACTION) as url:
        assert applications().ask(notification(url)).action == "EndCall"


@pytest.mark.parametrize("content", ["", EMPTY_BODY, "caf\xe9"])
def test_direction_without_action_is_not_delivered(content: str) -> None:
    with answering(200, content) as url:
        try:
            answer = applications().ask(notification(url))
        except NotDelivered:
            return
    assert answer.action in ("", "None")
