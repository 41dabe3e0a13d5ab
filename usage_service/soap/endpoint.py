"""The Usage Record component over HTTP: the contract on GET, records on POST, two lanes behind one door."""

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
from usage_service.errors import CallerError, UsageServiceError
from usage_service.record import UsageRecord
from usage_service.soap.answer import ResponseTemplate
from usage_service.soap.envelope import TooLarge, UnsupportedMedia
from usage_service.soap.faults import WireForm, fault_bytes, translation_of

XML = b"text/xml; charset=utf-8"

RecordSoon = Callable[[UsageRecord], Awaitable[str]]
"""Stores a record and returns its id as the wire has it, without blocking the event loop."""

ReadFast = Callable[[bytes, str | None, str | None], tuple[UsageRecord, WireForm] | None]
"""Reads a well-formed request from body, content type and caller address; None leaves it to Spyne."""


class SoapEndpoint:
    """An ASGI application for one contract. `contracts` are the documents to serve, by query string."""

    def __init__(
        self,
        *,
        contracts: Mapping[bytes, bytes],
        wsgi: Callable[..., Iterable[bytes]],
        read_fast: ReadFast | None,
        record_soon: RecordSoon,
        response: ResponseTemplate,
        max_body_bytes: int,
    ) -> None:
        self._contracts = contracts
        self._spyne = cast(AsgiApp, WSGIMiddleware(wsgi))
        self._read_fast = read_fast
        self._record_soon = record_soon
        self._response = response
        self._max_body_bytes = max_body_bytes

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
            await self._write(scope, body, send)

    async def _write(self, scope: Scope, body: bytes, send: Send) -> None:
        found = self._read_fast(body, header(scope, b"content-type"), scope["client"][0]) if self._read_fast else None
        if found is None:
            await self._spyne(scope, replay(body), send)
            return
        record, form = found
        try:
            record_id = await self._record_soon(record)
        except CallerError:
            await self._spyne(scope, replay(body), send)
        except UsageServiceError as error:
            await respond(send, translation_of(error).status, fault_bytes(error, form), XML)
        else:
            await respond(send, 200, self._response.fill(record_id, form), XML)

    async def _refuse(self, send: Send, error: UsageServiceError, extra: Headers = ()) -> None:
        await respond(send, translation_of(error).status, fault_bytes(error), XML, extra)
