"""The little of ASGI that every HTTP edge needs: a bounded body in, one whole answer out."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

Answer = tuple[int, bytes, bytes]
"""HTTP status, content type and body."""
OnAnswer = Callable[[Answer | None], object]
AnswerDirectly = Callable[[Scope, bytes, OnAnswer], None]
"""A direct dispatch for a whole, small POST request, given its scope and its body.

It never blocks, and hands over its answer now or later, once, on the event loop's thread; or None, which leaves the
request to the ASGI application as if nothing had happened.
"""


class BodyTooLarge(Exception):
    """The request's body is longer than the limit."""


class ClientGone(Exception):
    """The client closed the connection before its request was complete."""


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of this (lower-case) name."""
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return None


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole body; raises `BodyTooLarge` as soon as it exceeds the limit, or `ClientGone`."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        chunks, size = [body], len(body)
        while message.get("more_body") and size <= limit:
            message = await receive()
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
        body = b"".join(chunks)
    if message["type"] == "http.disconnect":
        raise ClientGone
    if len(body) > limit:
        raise BodyTooLarge
    return body


def replay(body: bytes) -> Receive:
    """A `receive` that gives a body that was read already."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> MutableMapping[str, Any]:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


async def respond(send: Send, status: int, body: bytes, content_type: bytes, extra: Headers = ()) -> None:
    """Send one whole answer."""
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def respond_early(send: Send, receive: Receive | None, status: int, body: bytes, content_type: bytes) -> None:
    """Answer while the client is still sending, read on until it has seen the answer, then close.

    Closing at once would reset the connection, and the answer with it, under a client that reads only after it has
    sent everything. The server's limits end it if the client does not. Without `receive` nothing more is read.
    """
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": receive is not None})
    if receive is not None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.body", "body": b""})
