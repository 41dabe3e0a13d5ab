"""Logins in a real Django project: by SAML assertion, by Shibboleth environment, by password."""

from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in
from django.test import Client, RequestFactory
from django.test.utils import override_settings

from tests.django.identity import ENTITLEMENT, IDP, signed_response
from usage_service.django.books import DjangoDirectory
from usage_service.django.models import AccountLink, ServiceAccount
from usage_service.systems.bridge_billing.accounts import AccountKey
from usage_service.systems.bridge_billing.assignments import Assignment

ANNA = AccountKey("pgi", "0012345")


def saml_login(project: Path, name: str, centre: str | None, entitlement: str = ENTITLEMENT) -> Client:
    """Log in with an assertion that carries this cost centre."""
    attributes = {"eduPersonEntitlement": [entitlement]}
    if centre is not None:
        attributes["departmentNumber"] = [centre]
    client = Client()
    response = client.post("/saml2/acs/", {"SAMLResponse": signed_response(project, name, attributes)})
    assert response.status_code == 302, response.content
    return client


def assignments(key: AccountKey = ANNA) -> tuple[Assignment, ...]:
    return DjangoDirectory().recorded(key).history.rows


def test_first_login_opens_account_and_assignment(project: Path) -> None:
    client = saml_login(project, "anna@kth.se", "20")
    assert client.get("/").content == b"anna@kth.se"
    link = AccountLink.objects.get()
    assert (link.user.get_username(), link.external_id) == ("anna@kth.se", "0012345")
    assert ServiceAccount.objects.get().customer_id == "KTH"
    (row,) = assignments()
    assert (row.sequencenumber, row.valid_to, row.evidence) == ("20", None, IDP)


def test_new_cost_centre_replaces_old_one(project: Path) -> None:
    saml_login(project, "anna@kth.se", "20")
    saml_login(project, "anna@kth.se", "30")
    old, new = assignments()
    assert (old.sequencenumber, new.sequencenumber) == ("20", "30")
    assert old.valid_to == new.valid_from


def test_repeated_cost_centre_is_only_confirmed(project: Path) -> None:
    saml_login(project, "anna@kth.se", "20")
    (before,) = assignments()
    saml_login(project, "anna@kth.se", "20")
    (after,) = assignments()
    assert after.seen_at > before.seen_at


def test_missing_attribute_flags_kept_cost_centre(project: Path) -> None:
    saml_login(project, "anna@kth.se", "20")
    saml_login(project, "anna@kth.se", None)
    (row,) = assignments()
    assert row.sequencenumber == "20"
    assert row.missing_since is not None


def test_user_without_entitlement_gets_no_account(project: Path) -> None:
    saml_login(project, "anna@kth.se", "20", entitlement="urn:x-example:other")
    assert AccountLink.objects.count() == 0


def test_tampered_assertion_is_rejected_without_effect(project: Path) -> None:
    import base64

    sent = base64.b64decode(signed_response(project, "anna@kth.se", {"departmentNumber": ["20"]}))
    forged = base64.b64encode(sent.replace(b">20<", b">99<")).decode()
    assert Client().post("/saml2/acs/", {"SAMLResponse": forged}).status_code >= 400
    assert (get_user_model().objects.count(), AccountLink.objects.count()) == (0, 0)


def test_shibboleth_environment_is_read_at_login() -> None:
    user = get_user_model().objects.create_user("anna@kth.se")
    request = RequestFactory().get("/")
    request.META |= {"departmentNumber": "20", "entitlement": ENTITLEMENT}
    user_logged_in.send(sender=type(user), request=request, user=user)
    assert [row.sequencenumber for row in assignments()] == ["20"]


def test_forgeable_header_is_not_trusted() -> None:
    user = get_user_model().objects.create_user("anna@kth.se")
    request = RequestFactory().get("/", headers={"departmentNumber": "99", "entitlement": ENTITLEMENT})
    user_logged_in.send(sender=type(user), request=request, user=user)
    assert AccountLink.objects.count() == 0


def test_password_login_leaves_billing_untouched() -> None:
    get_user_model().objects.create_user("anna@kth.se", password="secret")
    assert Client().login(username="anna@kth.se", password="secret")
    assert AccountLink.objects.count() == 0


def test_login_succeeds_while_billing_is_down(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    remote = {
        "ENTITLEMENT_VALUE": ENTITLEMENT,
        "PROVISION": "tests.django.project.bridge.provision",
        "CUSTOMER_ID": "KTH",
        "ENDPOINT": "http://127.0.0.1:9/soap/usage-billing",
    }
    with override_settings(USAGE_BILLING=remote):
        client = saml_login(project, "anna@kth.se", "20")
    assert client.get("/").content == b"anna@kth.se"
    assert "was not noted for billing" in caplog.text


def test_login_signal_is_connected_only_once() -> None:
    from django.apps import apps

    before = len(user_logged_in.receivers)
    apps.get_app_config("usage_billing").ready()
    assert len(user_logged_in.receivers) == before
