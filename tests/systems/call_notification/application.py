"""An application of Call Notification: subscribes, is notified, decides."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import zeep
from lxml import etree
from zeep.helpers import serialize_object

from demos.http_application import served
from tests.running import RunningService, wait_until

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MANAGER_WSDL = {"2.1": "wsdl=2.1", "3.0": "wsdl", "3.8": "wsdl=3.8"}
LOCAL = {
    "2.1": "http://www.csapi.org/schema/parlayx/call_notification/v2_2/local",
    "3.0": "http://www.csapi.org/schema/parlayx/call_notification/v3_2/local",
    "3.8": "http://www.csapi.org/schema/parlayx/call_notification/v3_8/local",
}


@dataclass
class Application:
    """What it received, in order; `status` and `action` are what it answers."""

    notified: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)  # namespace, operation, fields
    status: int = 200
    action: str = "<actionToPerform>Continue</actionToPerform>"
    slow: threading.Event | None = None  # answers only when this is set
    url: str = ""

    def answer(self, body: bytes) -> tuple[int, bytes]:
        if self.slow is not None:
            self.slow.wait()
        if self.status != 200:
            return self.status, b"not now"
        operation = etree.fromstring(body)[-1][0]
        name, namespace = etree.QName(operation).localname, etree.QName(operation).namespace or ""
        fields = {etree.QName(child).localname: child.text or "" for child in operation}
        self.notified.append((namespace, name, fields))
        result = f"<l:result>{self.action}</l:result>" if name.startswith("handle") else ""
        return 200, (
            f'<e:Envelope xmlns:e="{SOAP}"><e:Body><l:{name}Response xmlns:l="{namespace}">{result}'
            f"</l:{name}Response></e:Body></e:Envelope>"
        ).encode()

    def operations(self) -> list[str]:
        return [operation for _, operation, _ in self.notified]

    def wait_for(self, *operations: str) -> None:
        wait_until(lambda: len(self.notified) >= len(operations), f"{operations}, so far {self.operations()}", 20)
        assert self.operations() == list(operations)


@contextmanager
def serving(application: Application, port: int = 0) -> Iterator[Application]:
    """The application, reachable at its `url`."""

    with served(lambda post: application.answer(post.body), port=port) as url:
        application.url = f"{url}/notified"
        yield application


def manager(service: RunningService, version: str = "3.0", kind: str = "CallNotification") -> zeep.proxy.ServiceProxy:
    """The operations of a manager, from the contract that the service itself serves."""
    name = f"{kind}Manager"
    client = zeep.Client(f"{service.url}/{name}Service/services/{name}?{MANAGER_WSDL[version]}")
    return client.service


def subscribe(
    service: RunningService,
    application: Application,
    correlator: str,
    address: str,
    *criteria: str,
    version: str = "3.0",
) -> None:
    reference = {"endpoint": application.url, "interfaceName": "CallNotification", "correlator": correlator}
    manager(service, version).startCallNotification(
        reference=reference, addresses=[address], criteria=list(criteria) or None
    )


def direct(
    service: RunningService,
    application: Application,
    correlator: str,
    address: str,
    *criteria: str,
    version: str = "3.0",
) -> None:
    reference = {"endpoint": application.url, "interfaceName": "CallDirection", "correlator": correlator}
    manager(service, version, "CallDirection").startCallDirectionNotification(
        reference=reference, addresses=[address], criteria=list(criteria) or None
    )


def exception_of(error: zeep.exceptions.Fault) -> tuple[str, str, list[str]]:
    """The name, message id and variables of the exception in a fault's detail."""
    exception = error.detail[0]
    texts = [(child.tag, child.text or "") for child in exception]
    variables = [text for name, text in texts if name == "variables"]
    return etree.QName(exception).localname, dict(texts)["messageId"], serialize_object(variables)
