"""The credentials in a request's `Authorization` header (RFC 9110, 11.6.2), and in its URL.

What callers of a service of ours have in a callers file, a machine that reports to us has in the settings: one login or
token for all its requests.
"""

from base64 import b64decode
from urllib.parse import parse_qs

from usage_service.auth.passwords import is_secret
from usage_service.errors import NotAuthenticated
from usage_service.http.asgi import Scope

BASIC, BEARER = b"basic ", b"bearer "
"""Schemes in lower case (they are case-insensitive), with the blank that follows."""

BASIC_CHALLENGE = b'Basic realm="usage-service", charset="UTF-8"'
BEARER_CHALLENGE = b'Bearer realm="usage-service"'


def credentials(scope: Scope, scheme: bytes) -> bytes | None:
    """The first credentials of this scheme, undecoded."""
    for name, value in scope["headers"]:
        if name == b"authorization" and value[: len(scheme)].lower() == scheme:
            return bytes(value[len(scheme) :].strip())
    return None


def read_login(encoded: bytes) -> tuple[str, str]:
    """Name and password of Basic credentials (RFC 7617); raises `NotAuthenticated` when they are none."""
    try:
        name, colon, password = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError as error:
        raise NotAuthenticated from error
    if not colon:
        raise NotAuthenticated
    return name, password


def has_login(scope: Scope, username: str, password: str) -> bool:
    """Whether a request's Basic credentials are these."""
    stated = credentials(scope, BASIC)
    try:
        return stated is not None and is_secret(":".join(read_login(stated)), f"{username}:{password}")
    except NotAuthenticated:
        return False


def has_token(scope: Scope, token: str) -> bool:
    """Whether a request's Bearer token (RFC 6750) is this one."""
    stated = credentials(scope, BEARER)
    return stated is not None and is_secret(stated, token)


def has_query_secret(scope: Scope, secret: str) -> bool:
    """Whether `secret` in the query of a request's URL is this one."""
    stated = parse_qs(scope["query_string"].decode("latin-1")).get("secret", [""])[-1]
    return is_secret(stated, secret)
