"""Which endpoints may be called."""

import pytest

from usage_service.errors import ConfigurationError
from usage_service.systems.call_notification.callbacks import EndpointGuard


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://10.0.0.1:8080/x",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost/",
        "file:///etc/passwd",
        "http://user@192.0.43.8/",
        "http://name.invalid/",
        "http://192.0.43.8:99999/",
        "",
    ],
)
def test_without_patterns_private_addresses_are_rejected(endpoint: str) -> None:
    assert not EndpointGuard().allows(endpoint)


def test_without_patterns_public_address_is_called() -> None:
    assert EndpointGuard().allows("http://192.0.43.8/calls")


PATTERNS = ["https://*.example.com/calls/", "http://app:8080", "http://127.0.0.1:*/"]


@pytest.mark.parametrize(
    "endpoint",
    ["https://a.example.com/calls/x", "https://A.Example.com:443/calls/", "http://app:8080/x", "http://127.0.0.1:99/"],
)
def test_what_matches_a_pattern_is_called(endpoint: str) -> None:
    assert EndpointGuard(PATTERNS).allows(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://a.example.com/calls/x",
        "https://example.com/calls/",
        "https://a.example.com:8443/calls/",
        "https://a.example.com/other",
        "https://a.example.com/calls/../other",
        "https://evil.org/a.example.com/calls/",
        "https://a.example.com@evil.org/calls/",
        "http://app/x",
    ],
)
def test_nothing_else_is_called(endpoint: str) -> None:
    assert not EndpointGuard(PATTERNS).allows(endpoint)


@pytest.mark.parametrize("pattern", ["example.com", "ftp://x/", "http://"])
def test_invalid_endpoint_pattern_is_rejected(pattern: str) -> None:
    with pytest.raises(ConfigurationError):
        EndpointGuard([pattern])
