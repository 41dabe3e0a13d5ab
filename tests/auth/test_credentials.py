"""What a request states is compared with the login, the token or the secret of the settings."""

from base64 import b64encode

import pytest

from usage_service.auth.credentials import has_login, has_query_secret, has_token
from usage_service.http.asgi import Scope


def request(authorization: bytes | None = None, query: bytes = b"") -> Scope:
    headers = [] if authorization is None else [(b"authorization", authorization)]
    return {"headers": headers, "query_string": query}


def basic(login: str, scheme: bytes = b"Basic") -> bytes:
    return scheme + b" " + b64encode(login.encode())


@pytest.mark.parametrize("scheme", [b"Basic", b"basic", b"BASIC"])
def test_a_login_is_recognised(scheme: bytes) -> None:
    assert has_login(request(basic("sink:grün:1", scheme)), "sink", "grün:1")


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        b"Basic",
        b"Basic !",
        b"Basic " + b64encode(b"sink:\xff"),
        basic("sink"),
        basic("sink:wrong"),
        basic("other:secret"),
        basic("sink:secret", b"Bearer"),
    ],
)
def test_any_other_login_is_not(authorization: bytes | None) -> None:
    assert not has_login(request(authorization), "sink", "secret")


@pytest.mark.parametrize(
    ("authorization", "known"),
    [(b"Bearer t0ken", True), (b"bearer t0ken", True), (b"Bearer t0ke", False), (b"Basic t0ken", False), (None, False)],
)
def test_a_token_is_known_by_its_scheme(authorization: bytes | None, known: bool) -> None:
    assert has_token(request(authorization), "t0ken") is known


@pytest.mark.parametrize(
    ("query", "known"), [(b"secret=s3cret", True), (b"a=b&secret=s3cret", True), (b"secret=", False), (b"", False)]
)
def test_a_secret_may_be_in_the_url(query: bytes, known: bool) -> None:
    assert has_query_secret(request(query=query), "s3cret") is known
