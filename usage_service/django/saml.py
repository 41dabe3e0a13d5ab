"""The hook for djangosaml2.

`auth.login` sends `user_logged_in` before `AssertionConsumerServiceView.post_login_hook` runs, and without the
assertion; djangosaml2's own signals are no longer sent. So the assertion is read in the hook. Put the mixin in front of
the view and route the assertion consumer service to it:

    class BillingAssertionConsumerServiceView(BillingLogin, AssertionConsumerServiceView): ...
"""

from collections.abc import Mapping
from typing import Any

from usage_service.django.extracting import from_assertion
from usage_service.django.receivers import note_safely


class BillingLogin:
    """Mixin for `djangosaml2.views.AssertionConsumerServiceView`."""

    def post_login_hook(self, request: Any, user: Any, session_info: Mapping[str, Any]) -> None:
        """Note what the assertion says, then whatever the view did before."""
        issuer = str(session_info.get("issuer", ""))
        note_safely(user, lambda: from_assertion(session_info.get("ava", {})), evidence=issuer or "SAML assertion")
        super().post_login_hook(request, user, session_info)  # type: ignore[misc]  # the view behind the mixin has it
