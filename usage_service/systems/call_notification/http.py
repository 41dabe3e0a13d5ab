"""Where the SIP proxy reports and asks (deploy/kamailio/call-events.md): JSON with a bearer token."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from usage_service.auth.credentials import BEARER_CHALLENGE, has_token
from usage_service.errors import CallerError, ServiceError
from usage_service.http.asgi import BodyTooLarge, ClientGone, read_body

EVENTS_PATH = "/call-events"
DIRECTION_PATH = "/call-direction"
MAX_BODY_BYTES = 4 * 1024 * 1024

Routes = list[BaseRoute]

TakeEvents = Callable[[Sequence[object]], object]
"""Keeps a batch of events durably; raises `ServiceError` when they must be sent again."""

AnswerQuestion = Callable[[object], dict[str, str | bool]]
"""Says what to do with a call; raises `CallerError` for what is no question."""


def call_event_routes(token: str, take: TakeEvents, answer: AnswerQuestion) -> Routes:
    """Both endpoints."""

    def taken(document: Any) -> Response:
        events = document.get("events") if isinstance(document, dict) else None
        if not isinstance(events, list):
            return JSONResponse({"error": "events must be a list"}, status_code=400)
        take(events)
        return JSONResponse({"taken": len(events)})

    def answered(document: Any) -> Response:
        return JSONResponse(answer(document))

    return [
        Route(EVENTS_PATH, _guarded(token, taken), methods=["POST"]),
        Route(DIRECTION_PATH, _guarded(token, answered), methods=["POST"]),
    ]


def _guarded(token: str, handle: Callable[[Any], Response]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        if not has_token(request.scope, token):
            challenge = {"www-authenticate": BEARER_CHALLENGE.decode()}
            return JSONResponse({"error": "unknown token"}, status_code=401, headers=challenge)
        try:
            body = await read_body(request.receive, MAX_BODY_BYTES)
            # SIP headers hold what strangers sent: bytes that are no UTF-8 cost their event, not its batch.
            return await run_in_threadpool(handle, json.loads(body.decode("utf-8", "surrogateescape")))
        except BodyTooLarge:
            return JSONResponse({"error": "too long"}, status_code=413)
        except ClientGone:
            return Response(status_code=400)
        except (ValueError, RecursionError, CallerError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        except ServiceError as error:
            return JSONResponse({"error": str(error)}, status_code=503)

    return endpoint
