"""A small application of Call Notification for demonstrations: is notified of calls, and decides about them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.etree import ElementTree

from demos.http_application import served

_ANSWER = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    '<l:{name}Response xmlns:l="{namespace}">{result}</l:{name}Response></e:Body></e:Envelope>'
)


class Notified(NamedTuple):
    """One operation that was called."""

    operation: str
    caller: str


@dataclass
class CallApplication:
    """What it received, in order, and what it answers when it is asked."""

    notified: list[Notified] = field(default_factory=list)
    action: str = "Continue"
    routing_address: str = ""
    url: str = ""

    def answer(self, body: bytes) -> bytes:
        """Note one operation, and answer it."""
        operation = ElementTree.fromstring(body).find("{http://schemas.xmlsoap.org/soap/envelope/}Body/*")
        if operation is None:
            raise ValueError("the Body is empty")
        namespace, _, name = operation.tag.lstrip("{").partition("}")
        fields = {child.tag.rpartition("}")[2]: child.text or "" for child in operation}
        self.notified.append(Notified(name, fields.get("callingParty") or fields.get("callingParticipant", "")))
        result = f"<l:result>{self._action()}</l:result>" if name.startswith("handle") else ""
        return _ANSWER.format(name=name, namespace=namespace, result=result).encode()

    def _action(self) -> str:
        routing = f"<routingAddress>{self.routing_address}</routingAddress>" if self.action == "Route" else ""
        return f"<actionToPerform>{self.action}</actionToPerform>{routing}"


@contextmanager
def reachable(application: CallApplication) -> Iterator[None]:
    """The application, reachable at its `url`."""

    with served(lambda post: (200, application.answer(post.body))) as url:
        application.url = f"{url}/"
        yield
