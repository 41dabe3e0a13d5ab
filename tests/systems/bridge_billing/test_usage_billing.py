"""Usage Billing over a real socket, with the Zeep client."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count

import pytest
import requests

from tests.running import RunningService
from tests.systems.bridge_billing.kept import file_of, line_with, october, opened_books, take_in
from tests.systems.bridge_billing.vectors import KTH, at
from usage_service.database.database import open_database
from usage_service.errors import Conflict, InvalidValue, NotFound
from usage_service.shipped import shipped
from usage_service.systems.bridge_billing.accounts import AccountKey
from usage_service.systems.bridge_billing.assigning import Login
from usage_service.systems.bridge_billing.books import Books
from usage_service.systems.bridge_billing.client import UsageBilling

numbers = count(100)


@pytest.fixture
def client(shared_service: RunningService) -> UsageBilling:
    return UsageBilling(f"{shared_service.url}/soap/usage-billing", timeout=30)


@pytest.fixture
def books(shared_service: RunningService) -> Iterator[Books]:
    database = open_database(shared_service.database)
    with opened_books(database) as opened:
        opened.directory.put_customer(KTH, at("2012-01-01"))
        yield opened
    database.close()


@pytest.fixture
def key() -> AccountKey:
    """An account that no other test knows."""
    return AccountKey("pgi", f"{next(numbers):07d}")


def login(sequencenumber: str | None, day: int = 1) -> Login:
    return Login(at=datetime(2012, 10, day, tzinfo=UTC), sequencenumber=sequencenumber, evidence="idp")


def test_account_registered_once_for_one_user(client: UsageBilling, key: AccountKey) -> None:
    first = client.register_account(key, "anna", "KTH")
    assert (first["externalId"], first["userKey"]) == (key.external_id, "anna")
    assert client.register_account(key, "anna", "KTH") == first
    with pytest.raises(Conflict):
        client.register_account(key, "bo", "KTH")


def test_logins_open_confirm_replace_cost_centre(client: UsageBilling, key: AccountKey) -> None:
    client.register_account(key, "anna", "KTH")
    assert client.confirm_assignment(key, login(None)) is None
    opened = client.confirm_assignment(key, login("20", 2))
    confirmed = client.confirm_assignment(key, login("20", 3))
    replaced = client.confirm_assignment(key, login("30", 16))
    assert opened is not None
    assert confirmed is not None
    assert replaced is not None
    assert (opened["validFrom"], confirmed["validFrom"]) == (login("", 2).at, login("", 2).at)
    assert confirmed["seenAt"] == login("", 3).at
    assert (replaced["sequencenumber"], replaced["validFrom"]) == ("30", login("", 16).at)


def test_unknown_account_login_is_typed_fault(client: UsageBilling) -> None:
    with pytest.raises(NotFound):
        client.confirm_assignment(AccountKey("pgi", "nobody"), login("20"))


def test_empty_identifier_is_rejected_by_name(client: UsageBilling) -> None:
    with pytest.raises(InvalidValue, match="externalId"):
        client.register_account(AccountKey("pgi", ""), "anna", "KTH")


def test_import_reports_its_aggregates_and_suspense(client: UsageBilling, books: Books) -> None:
    client.register_account(AccountKey("pgi", "777"), "B", "KTH")
    take_in(books, file_of("soap"), [line_with("12.34"), line_with("5.00", "nobody")])
    run = october(books)
    (file,) = client.import_status(period="2012-10")
    assert (file["name"], file["status"], file["rows"]) == ("soap", "counts", 2)
    assert file["total"][0]["amount"] == Decimal("17.34")
    found = client.aggregates("2012-10")
    assert (found["runId"], found["closed"]) == (run.run_id, False)
    (owed,) = found["aggregate"]
    assert (owed["sequencenumber"], owed["total"], owed["lineCount"]) == ("10", Decimal("12.34"), 1)
    (waiting,) = client.suspense("2012-10")
    assert (waiting["reason"], waiting["externalId"], waiting["amount"]) == (
        "unknownExternalId",
        "nobody",
        Decimal("5.00"),
    )


def test_uncalculated_period_has_no_aggregates(client: UsageBilling) -> None:
    with pytest.raises(NotFound):
        client.aggregates("1999-01")


def test_served_contract_is_published_with_address(shared_service: RunningService) -> None:
    served = requests.get(f"{shared_service.url}/soap/usage-billing?wsdl", timeout=30).text
    published = shipped("wsdl", "UsageBilling.wsdl").read_text(encoding="utf-8")
    assert served == published.replace("http://localhost:8080/", f"{shared_service.url}/")
