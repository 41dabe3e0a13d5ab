"""Contract files by name, so that relative imports between them resolve."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def contract_routes(files: Mapping[str, bytes]) -> list[Route]:
    """One GET route for each path; the bytes are served as they are."""
    return [Route(path, _serving(content), methods=["GET"]) for path, content in files.items()]


def _serving(content: bytes) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_request: Request) -> Response:
        return Response(content, media_type="text/xml; charset=utf-8")

    return serve
