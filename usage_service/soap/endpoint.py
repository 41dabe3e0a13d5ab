"""A SOAP contract over HTTP: its documents on GET, requests on POST, two lanes behind one door."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import cast

from a2wsgi import WSGIMiddleware

from usage_service.asgi import (
    AsgiApp,
    BodyTooLarge,
    ClientGone,
    Headers,
    Receive,
    Scope,
    Send,
    header,
    read_body,
    replay,
    respond,
)
from usage_service.errors import UsageServiceError
from usage_service.soap.envelope import TooLarge, UnsupportedMedia
from usage_service.soap.faults import PUBLISHED_FORM, USAGE_RECORD_FAULT, FaultShape, WireForm, fault_bytes, translation_of

XML = b"text/xml; charset=utf-8"

AnswerFast = Callable[[bytes, str | None, str | None], Awaitable[tuple[int, bytes] | None]]
"""Answers a plain request, given its body, content type and caller address, with HTTP status and body.

It never blocks the event loop, and leaves what it does not understand to Spyne by returning None.
"""


class SoapEndpoint:
    """An ASGI application for one contract. `contracts` are the documents to serve, by query string."""

    def __init__(
        self,
        *,
        contracts: Mapping[bytes, bytes],
        wsgi: Callable[..., Iterable[bytes]],
        answer_fast: AnswerFast | None,
        max_body_bytes: int,
        form: WireForm = PUBLISHED_FORM,
        fault: FaultShape = USAGE_RECORD_FAULT,
    ) -> None:
        self._contracts = contracts
        self._spyne = cast(AsgiApp, WSGIMiddleware(wsgi))
        self._answer_fast = answer_fast
        self._max_body_bytes = max_body_bytes
        self._form, self._fault = form, fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] == "POST":
            await self._post(scope, receive, send)
        elif scope["method"] == "GET" and (contract := self._contracts.get(scope["query_string"].lower())):
            await respond(send, 200, contract, XML)
        else:
            await respond(
                send,
                405,
                b"POST a SOAP 1.1 request, or GET ?wsdl\n",
                b"text/plain",
                [(b"allow", b"GET, POST")],
            )

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if (header(scope, b"content-encoding") or "identity").lower() != "identity":
                raise UnsupportedMedia("the body must be sent without content encoding")
            body = await read_body(receive, self._max_body_bytes)
        except BodyTooLarge:
            error = TooLarge(f"the body is longer than {self._max_body_bytes} bytes")
            await self._refuse(send, error, [(b"connection", b"close")])
        except UsageServiceError as error:
            await self._refuse(send, error)
        except ClientGone:
            pass
        else:
            await self._answer(scope, body, send)

    async def _answer(self, scope: Scope, body: bytes, send: Send) -> None:
        if self._answer_fast:
            answer = await self._answer_fast(body, header(scope, b"content-type"), scope["client"][0])
            if answer is not None:
                await respond(send, *answer, XML)
                return
        await self._spyne(scope, replay(body), send)

    async def _refuse(self, send: Send, error: UsageServiceError, extra: Headers = ()) -> None:
        fault = fault_bytes(error, self._form, self._fault)
        await respond(send, translation_of(error).status, fault, XML, extra)
