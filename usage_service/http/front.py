"""The front door. Hot paths are found in one look-up; everything else goes through the router."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from usage_service.http.asgi import AnswerDirectly, AsgiApp, Receive, Scope, Send

Opened = AbstractAsyncContextManager[None]


class Front:
    """The whole service as one ASGI application."""

    def __init__(
        self,
        hot: Mapping[str, AsgiApp],
        mounts: Mapping[str, AsgiApp],
        routes: list[BaseRoute],
        opened: Callable[[], Opened],
        direct: Mapping[str, AnswerDirectly] | None = None,
    ) -> None:
        """`direct` are direct dispatch for requests to hot paths."""

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            async with opened():
                yield

        self.direct = {path.encode(): answer for path, answer in (direct or {}).items()}
        self._hot = dict(hot)
        mounted = [Mount(path, app) for path, app in mounts.items()]
        self._router = Starlette(routes=[*routes, *mounted], lifespan=lifespan)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request (or the lifespan) on."""
        app = self._hot.get(scope["path"]) if scope["type"] == "http" else None
        await (app or self._router)(scope, receive, send)
