"""Health: is the process alive, and can it store a record right now?"""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from usage_service.errors import UsageServiceError

Check = Callable[[], None]
"""Returns when all is well; raises `UsageServiceError` when not."""


def health_routes(check: Check) -> list[Route]:
    """`/health/live` for restarts, `/health/ready` for load balancers."""

    async def live(_request: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(_request: Request) -> Response:
        try:
            await run_in_threadpool(check)
        except UsageServiceError as error:
            return JSONResponse({"status": "not ready", "reason": str(error)}, status_code=503)
        return JSONResponse({"status": "ready"})

    return [Route("/health/live", live), Route("/health/ready", ready)]
