"""Who may talk to us: HTTP Basic authentication and a secret in the URL, compared in constant time."""

import binascii
from base64 import b64decode
from hmac import compare_digest
from urllib.parse import parse_qs

from usage_service.http.asgi import Scope, header

CHALLENGE = ((b"www-authenticate", b'Basic realm="usage service"'),)


def is_allowed(scope: Scope, username: str, password: str, secret: str = "") -> bool:
    """Whether a request carries what is configured; an empty secret or user name asks for nothing."""
    return (not secret or _has_secret(scope, secret)) and (not username or _is_login(scope, username, password))


def _has_secret(scope: Scope, secret: str) -> bool:
    stated = parse_qs(scope["query_string"].decode("latin-1")).get("secret", [""])[-1]
    return compare_digest(stated.encode(), secret.encode())


def _is_login(scope: Scope, username: str, password: str) -> bool:
    scheme, _, credentials = (header(scope, b"authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        stated = b64decode(credentials.encode("latin-1"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return compare_digest(stated, f"{username}:{password}".encode())
