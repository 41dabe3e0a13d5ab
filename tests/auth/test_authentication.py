"""Starting: no service is open to the world by accident."""

import pytest

from usage_service.auth.authentication import require_authentication
from usage_service.errors import ConfigurationError
from usage_service.settings import Settings


@pytest.mark.parametrize("bind", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_needs_no_credentials(bind: str) -> None:
    require_authentication(Settings(bind=bind))


@pytest.mark.parametrize("bind", ["0.0.0.0", "::", "10.1.2.3", "usage.example.net", ""])
def test_remote_access_needs_credentials_or_opt_out(bind: str) -> None:
    with pytest.raises(ConfigurationError, match="auth_modes"):
        require_authentication(Settings(bind=bind))
    require_authentication(Settings(bind=bind, auth_modes=["none"]))
    require_authentication(Settings(bind=bind, auth_modes=["basic"], callers_file="callers.toml"))


@pytest.mark.parametrize(
    "settings",
    [
        Settings(auth_modes=["basic"]),
        Settings(auth_modes=["none", "basic"], callers_file="callers.toml"),
        Settings(auth_modes=["proxy_certificate"], callers_file="callers.toml"),
    ],
)
def test_half_a_configuration_is_refused(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="auth_modes"):
        require_authentication(settings)
