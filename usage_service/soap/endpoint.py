"""The Usage Record component over HTTP: the contract on GET, records on POST, two lanes behind one door."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import cast

from a2wsgi import WSGIMiddleware

from usage_service.asgi import (
    AsgiApp,
    BodyTooLarge,
    ClientGone,
    Receive,
    Scope,
    Send,
    read_body,
    replay,
    respond,
    respond_early,
)
from usage_service.callers import Caller
from usage_service.errors import CallerError, NotAuthenticated, NotStored, UsageServiceError
from usage_service.record import UsageRecord
from usage_service.soap.admission import Admission
from usage_service.soap.answer import ResponseTemplate
from usage_service.soap.envelope import TooLarge, UnsupportedMedia
from usage_service.soap.faults import WireForm, fault_bytes, translation_of
from usage_service.soap.spyne_lane import CALLER

log = logging.getLogger(__name__)

XML = b"text/xml; charset=utf-8"

RecordSoon = Callable[[UsageRecord], Awaitable[str]]
"""Stores a record and returns its id as the wire has it, without blocking the event loop."""

ReadFast = Callable[[bytes, str | None, str | None, Caller | None], tuple[UsageRecord, WireForm] | None]
"""Reads a well-formed request from body, content type, caller address and caller; None leaves it to Spyne."""


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
        admission: Admission | None = None,
    ) -> None:
        self._contracts = contracts
        self._spyne = cast(AsgiApp, WSGIMiddleware(wsgi))
        self._read_fast = read_fast
        self._record_soon = record_soon
        self._response = response
        self._max_body_bytes = max_body_bytes
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. What nobody foresaw is logged here, and told to nobody outside."""
        try:
            await self._answer(scope, receive, send)
        except Exception:
            log.exception("a request failed unexpectedly")
            await self._refuse(send, NotStored("internal error"))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
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
        headers = dict(scope["headers"])
        content_type = headers[b"content-type"].decode("latin-1") if b"content-type" in headers else None
        try:
            caller = await self._admission.by_http(scope) if self._admission else None
            body = await self._read(headers, receive)
            if caller is None and self._admission:
                caller = await self._admission.by_token(body, content_type)
        except BodyTooLarge:
            error = TooLarge(f"the body is longer than {self._max_body_bytes} bytes")
            drained = None if b"expect" in headers else receive
            await respond_early(send, drained, translation_of(error).status, fault_bytes(error), XML)
        except UsageServiceError as error:
            await self._refuse(send, error)
        except ClientGone:
            pass
        else:
            scope[CALLER] = caller
            await self._write(scope, body, content_type, caller, send)

    async def _read(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise UnsupportedMedia("the body must be sent without content encoding")
        if int(headers.get(b"content-length", b"0")) > self._max_body_bytes:
            raise BodyTooLarge
        return await read_body(receive, self._max_body_bytes)

    async def _write(
        self, scope: Scope, body: bytes, content_type: str | None, caller: Caller | None, send: Send
    ) -> None:
        found = self._read_fast(body, content_type, scope["client"][0], caller) if self._read_fast else None
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

    async def _refuse(self, send: Send, error: UsageServiceError) -> None:
        challenges = self._admission.challenges if self._admission and isinstance(error, NotAuthenticated) else ()
        await respond(send, translation_of(error).status, fault_bytes(error), XML, challenges)
