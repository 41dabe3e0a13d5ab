"""Who may come in: HTTP is asked first, before the body is read, then the SOAP header."""

from dataclasses import dataclass

from usage_service.callers import Caller
from usage_service.errors import NotAuthenticated
from usage_service.http.asgi import Headers, Scope
from usage_service.http_callers import HttpCallers
from usage_service.soap.username_token import TokenCallers


@dataclass(frozen=True, slots=True)
class Admission:
    """The ways in that are open. `challenges` are sent with every 401 (RFC 9110, 11.6.1)."""

    http: HttpCallers
    tokens: TokenCallers | None
    challenges: Headers

    async def by_http(self, scope: Scope) -> Caller | None:
        """The caller; None when only the SOAP header can tell. Raises `NotAuthenticated`."""
        caller = await self.http.identify(scope)
        if caller is None and self.tokens is None:
            raise NotAuthenticated
        return caller

    def at_once(self, scope: Scope) -> Caller | None:
        """The caller by HTTP; None when it takes longer to tell. Raises `NotAuthenticated`."""
        return self.http.identify_at_once(scope)

    async def by_token(self, body: bytes, content_type: str | None) -> Caller:
        """The caller that the SOAP header proves; raises `NotAuthenticated` or `Unreadable`."""
        if self.tokens is None:
            raise NotAuthenticated
        return await self.tokens.identify(body, content_type)
