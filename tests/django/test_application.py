"""What the application brings to a project: checks, migrations, admin pages, the billing service as its store."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from django.test.utils import override_settings

from tests.django.identity import ENTITLEMENT
from tests.django.test_logins import saml_login
from tests.running import RunningService
from usage_service.database.database import open_database
from usage_service.django.books import DjangoDirectory
from usage_service.django.checks import check_configuration
from usage_service.django.models import Customer, ServiceAccount
from usage_service.systems.bridge_billing.accounts import AccountKey
from usage_service.systems.bridge_billing.store import BillingDirectory


@pytest.mark.parametrize(
    "entries",
    [
        {},
        {"ENTITLEMENT_VALUE": " "},
        {"ENTITLEMENT_VALUE": "x", "COST_CENTER": "y"},
        {"ENTITLEMENT_VALUE": "x", "EXTRACTOR": "nowhere.to_be_found"},
        {"ENTITLEMENT_VALUE": "x", "WHEN_MISSING": "guess"},
        {"ENTITLEMENT_VALUE": "x", "TIME_ZONE": "Mars/Olympus"},
        {"ENTITLEMENT_VALUE": "x", "ROUNDING": "up"},
    ],
)
def test_system_check_reports_wrong_setting(entries: dict[str, str]) -> None:
    with override_settings(USAGE_BILLING=entries):
        (error,) = check_configuration()
    assert error.id == "usage_billing.E001"


def test_migrations_match_models_exactly() -> None:
    call_command("makemigrations", "usage_billing", check=True, dry_run=True, verbosity=0)


PAGES = (
    "accountlink",
    "customer",
    "serviceaccount",
    "costcentrechange",
    "importedfile",
    "cdrrow",
    "billingrun",
    "aggregate",
    "closing",
)


def signed_in() -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("admin", password="secret"))
    return client


@pytest.mark.parametrize("page", PAGES)
def test_every_table_has_its_admin_page(page: str) -> None:
    assert signed_in().get(f"/admin/usage_billing/{page}/").status_code == 200


def test_admin_customer_change_appends_version() -> None:
    first = Customer.objects.create(
        customer_id="KTH", default_sequencenumber="10", currency="SEK", recorded_at=datetime.now(UTC)
    )
    form = {
        "customer_id": "KTH",
        "default_sequencenumber": "11",
        "currency": "SEK",
        "entity_ids": "[]",
        "scopes": "[]",
    }
    signed_in().post(f"/admin/usage_billing/customer/{first.pk}/change/", form)
    assert [row.default_sequencenumber for row in Customer.objects.order_by("pk")] == ["10", "11"]
    (current,) = DjangoDirectory().customers()
    assert current.default_sequencenumber == "11"


def test_endpoint_moves_accounts_to_billing_service(project: Path, shared_service: RunningService) -> None:
    remote = {
        "ENTITLEMENT_VALUE": ENTITLEMENT,
        "PROVISION": "tests.django.project.bridge.provision",
        "CUSTOMER_ID": "KTH",
        "ENDPOINT": f"{shared_service.url}/soap/usage-billing",
        "TIMEOUT": 30,
    }
    with override_settings(USAGE_BILLING=remote):
        saml_login(project, "anna@kth.se", "20")
        saml_login(project, "anna@kth.se", "30")
    assert ServiceAccount.objects.count() == 0
    database = open_database(shared_service.database)
    history = BillingDirectory(database).recorded(AccountKey("pgi", "0012345")).history
    database.close()
    assert [row.sequencenumber for row in history.rows] == ["20", "30"]
