"""Where the facts of a login come from. A project can name its own function in `EXTRACTOR`.

An extractor takes (request, user) and returns `LoginFacts`, or None when the request says nothing about billing: that
is how a SAML login looks to `user_logged_in`, which is sent before the assertion reaches `post_login_hook`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from usage_service.django.conf import Configuration, configuration
from usage_service.systems.bridge_billing.login import Attributes, LoginFacts, from_saml, from_shibboleth, read_login


def from_request(request: Any, _user: Any) -> LoginFacts | None:
    """The facts in the environment that Shibboleth's mod_shib gives to a request."""
    return _facts(from_shibboleth(request.META), configuration()) if request is not None else None


def from_assertion(attributes: Mapping[str, str | Sequence[str]]) -> LoginFacts:
    """The facts in a SAML assertion. One without any of our attributes is still a login: the value is missing."""
    return read_login(from_saml(attributes), configuration().login_rules())


def _facts(attributes: Attributes, config: Configuration) -> LoginFacts | None:
    names = (*config.cost_centre_attributes, *config.entitlement_attributes)
    return read_login(attributes, config.login_rules()) if any(attributes.get(name) for name in names) else None
