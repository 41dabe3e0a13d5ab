"""The notification managers over HTTP: their contracts on GET, operations on POST."""

from collections.abc import Callable, Iterable, Mapping
from typing import cast

from a2wsgi import WSGIMiddleware
from lxml import etree

from usage_service.asgi import (
    AsgiApp,
    BodyTooLarge,
    ClientGone,
    Receive,
    Scope,
    Send,
    header,
    read_body,
    replay,
    respond,
)
from usage_service.errors import NotAuthenticated, UsageServiceError
from usage_service.soap.admission import Admission
from usage_service.soap.endpoint import XML
from usage_service.soap.envelope import TooLarge
from usage_service.soap.faults import translation_of
from usage_service.soap.parlayx_faults import COMMON_3, parlayx_fault
from usage_service.soap.spyne_lane import CALLER


class ManagerEndpoint:
    """An ASGI application for one manager. `contracts` are the documents to serve, by query string."""

    def __init__(
        self,
        contracts: Mapping[bytes, bytes],
        wsgi: Callable[..., Iterable[bytes]],
        *,
        max_body_bytes: int,
        admission: Admission | None,
    ) -> None:
        self._contracts = contracts
        self._spyne = cast(AsgiApp, WSGIMiddleware(wsgi))
        self._max_body_bytes = max_body_bytes
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] == "POST":
            await self._post(scope, receive, send)
        elif scope["method"] == "GET" and (contract := self._contracts.get(scope["query_string"].lower())):
            await respond(send, 200, contract, XML)
        else:
            allowed = [(b"allow", b"GET, POST")]
            await respond(send, 405, b"POST a SOAP 1.1 request, or GET ?wsdl\n", b"text/plain", allowed)

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            caller = await self._admission.by_http(scope) if self._admission else None
            body = await read_body(receive, self._max_body_bytes)
            if caller is None and self._admission:
                caller = await self._admission.by_token(body, header(scope, b"content-type"))
        except BodyTooLarge:
            await self._refuse(send, TooLarge(f"the body is longer than {self._max_body_bytes} bytes"))
        except UsageServiceError as error:
            await self._refuse(send, error)
        except ClientGone:
            pass
        else:
            scope[CALLER] = caller
            await self._spyne(scope, replay(body), send)

    async def _refuse(self, send: Send, error: UsageServiceError) -> None:
        challenges = self._admission.challenges if self._admission and isinstance(error, NotAuthenticated) else ()
        fault = etree.tostring(parlayx_fault(error, COMMON_3), xml_declaration=True, encoding="UTF-8")
        await respond(send, translation_of(error).status, fault, XML, challenges)
