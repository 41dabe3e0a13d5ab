"""A SOAP contract over HTTP: its documents on GET, requests on POST, a fast path and Spyne behind it."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import cast
from urllib.parse import parse_qsl

from a2wsgi import WSGIMiddleware

from usage_service.auth.authentication import Authentication
from usage_service.errors import NotAuthenticated, NotStored, UsageServiceError
from usage_service.http.asgi import (
    AsgiApp,
    BodyTooLarge,
    ClientGone,
    OnAnswer,
    Receive,
    Scope,
    Send,
    read_body,
    replay,
    respond,
    respond_early,
)
from usage_service.soap.engine import CALLER
from usage_service.soap.envelope import MAX_NODES, TooLarge, UnsupportedMedia
from usage_service.soap.faults import (
    PUBLISHED_FORM,
    USAGE_RECORD_FAULT,
    FaultShape,
    WireForm,
    fault_bytes,
    translation_of,
)
from usage_service.soap.headers import Posted
from usage_service.soap.username_token import read_username_token

log = logging.getLogger(__name__)

XML = b"text/xml; charset=utf-8"

AnswerFast = Callable[[Posted], Awaitable[tuple[int, bytes] | None]]
"""Answers a plain request with HTTP status and body, or leaves it to Spyne by returning None. Never blocks."""

TakeFast = Callable[[Posted, Callable[[tuple[int, bytes] | None], object]], None]
"""The same without a coroutine: the answer is handed over, now or later."""


class SoapEndpoint:
    """An ASGI application for one contract. `contracts` are the documents to serve, by the value of `?wsdl`."""

    def __init__(
        self,
        *,
        contracts: Mapping[str, bytes],
        wsgi: Callable[..., Iterable[bytes]],
        answer_fast: AnswerFast | None,
        take_fast: TakeFast | None = None,
        max_body_bytes: int,
        max_nodes: int = MAX_NODES,
        authentication: Authentication | None = None,
        form: WireForm = PUBLISHED_FORM,
        fault: FaultShape = USAGE_RECORD_FAULT,
    ) -> None:
        self._contracts = contracts
        self._spyne = cast(AsgiApp, WSGIMiddleware(wsgi))
        self._answer_fast = answer_fast
        self._take_fast = take_fast
        self._max_body_bytes = max_body_bytes
        self._max_nodes = max_nodes
        self._authentication = authentication
        self._form, self._fault = form, fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. An unforeseen error is logged here, and never shown outside."""
        try:
            if scope["method"] == "POST":
                await self._post(scope, receive, send)
            else:
                await self._describe(scope, send)
        except Exception:
            log.exception("a request failed unexpectedly")
            await self._refuse(send, NotStored("internal error"))

    async def _describe(self, scope: Scope, send: Send) -> None:
        if scope["method"] in ("GET", "HEAD") and (contract := self._contract(scope["query_string"])):
            await respond(send, 200, contract, XML)
        else:
            await respond(
                send,
                405,
                b"POST a SOAP 1.1 request, or GET ?wsdl\n",
                b"text/plain",
                [(b"allow", b"GET, HEAD, POST")],
            )

    def _contract(self, query: bytes) -> bytes | None:
        """The document that a query string asks for, in any case; a value that names none, such as `1`, is ignored."""
        parameters = parse_qsl(query.decode("latin-1").lower(), keep_blank_values=True)
        names = {"wsdl": None, "singlewsdl": "single"}  # the latter is WCF's word
        value = next((names[name] or value for name, value in parameters if name in names), None)
        return None if value is None else self._contracts.get(value) or self._contracts.get("")

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        content_type = _content_type(headers)
        try:
            caller = await self._authentication.by_http(scope) if self._authentication else None
            body = await self._read(headers, receive)
            if caller is None and self._authentication:
                caller = await self._authentication.by_token(read_username_token(body, content_type, self._max_nodes))
        except BodyTooLarge:
            error = TooLarge(f"the body is longer than {self._max_body_bytes} bytes")
            drained = None if b"expect" in headers else receive
            await respond_early(send, drained, translation_of(error).status, self._fault_bytes(error), XML)
        except UsageServiceError as error:
            await self._refuse(send, error)
        except ClientGone:
            pass
        else:
            scope[CALLER] = caller
            await self._answer_posted(scope, Posted(body, content_type, scope["client"][0], caller), send)

    async def _read(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise UnsupportedMedia("the body must be sent without content encoding")
        if int(headers.get(b"content-length", b"0")) > self._max_body_bytes:
            raise BodyTooLarge
        return await read_body(receive, self._max_body_bytes)

    async def _answer_posted(self, scope: Scope, posted: Posted, send: Send) -> None:
        answer = await self._answer_fast(posted) if self._answer_fast else None
        if answer is None:
            await self._spyne(scope, replay(posted.body), send)
        else:
            await respond(send, *answer, XML)

    async def _refuse(self, send: Send, error: UsageServiceError) -> None:
        challenges = (
            self._authentication.challenges if self._authentication and isinstance(error, NotAuthenticated) else ()
        )
        await respond(send, translation_of(error).status, self._fault_bytes(error), XML, challenges)

    def answer_directly(self, scope: Scope, body: bytes, on_answer: OnAnswer) -> None:
        """The direct dispatch for plain requests (`AnswerDirectly`)."""
        try:
            posted = self._at_once(scope, body)
            if self._take_fast is None or posted is None:
                on_answer(None)
            else:
                self._take_fast(
                    posted, lambda answer: on_answer(None if answer is None else (answer[0], XML, answer[1]))
                )
        except Exception:
            log.exception("a request failed unexpectedly")
            error = NotStored("internal error")
            on_answer((translation_of(error).status, XML, self._fault_bytes(error)))

    def _at_once(self, scope: Scope, body: bytes) -> Posted | None:
        """The request, unless it takes longer to say whose it is, or it is one to be refused."""
        try:
            caller = self._authentication.at_once(scope) if self._authentication else None
        except NotAuthenticated:
            return None
        headers = dict(scope["headers"])
        if (
            b"content-encoding" in headers
            or len(body) > self._max_body_bytes
            or (self._authentication and caller is None)
        ):
            return None
        return Posted(body, _content_type(headers), scope["client"][0], caller)

    def _fault_bytes(self, error: UsageServiceError) -> bytes:
        return fault_bytes(error, self._form, self._fault)


def _content_type(headers: Mapping[bytes, bytes]) -> str | None:
    stated = headers.get(b"content-type")
    return None if stated is None else stated.decode("latin-1")
