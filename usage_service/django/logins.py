"""A login as billing sees it: the user's account at the operator, and the cost centre that pays from now on."""

from datetime import UTC, datetime
from typing import Any, Protocol

from django.utils.module_loading import import_string

from usage_service.django.books import DjangoDirectory, books
from usage_service.django.conf import Configuration, configuration
from usage_service.errors import ConfigurationError
from usage_service.systems.bridge_billing.accounts import AccountKey
from usage_service.systems.bridge_billing.assigning import Login, WhenMissing
from usage_service.systems.bridge_billing.client import UsageBilling
from usage_service.systems.bridge_billing.enrolment import Enrolment
from usage_service.systems.bridge_billing.login import LoginFacts, customer_of


class Desk(Protocol):
    """Where accounts and logins are sent: own tables or the billing service."""

    def register(self, key: AccountKey, user: Any, customer_id: str) -> None: ...

    def confirm(self, key: AccountKey, login: Login) -> None: ...


def note_login(user: Any, facts: LoginFacts, *, evidence: str) -> None:
    """Note a login: make the account when it is wanted and can be made, and confirm its cost centre."""
    config = configuration()
    external_id = DjangoDirectory().external_id(config.service, user)
    desk = desk_of(config)
    if external_id is None and facts.entitled and config.provision:
        external_id = import_string(config.provision)(user)
        register_account(user, external_id, customer_id(facts, evidence, config))
    if external_id is not None:
        login = Login(at=datetime.now(UTC), sequencenumber=facts.cost_centre, evidence=evidence)
        desk.confirm(AccountKey(config.service, external_id), login)


def register_account(user: Any, external_id: str, customer: str = "") -> None:
    """Remember a user's account at the operator; for projects that provision accounts themselves."""
    config = configuration()
    key = AccountKey(config.service, external_id)
    responsible = customer or config.customer_id
    if not responsible:
        raise ConfigurationError("USAGE_BILLING: CUSTOMER_ID is needed where a login does not say the customer")
    desk_of(config).register(key, user, responsible)


def customer_id(facts: LoginFacts, evidence: str, config: Configuration) -> str:
    """The customer whose identity provider or scope the login came with, or the configured one."""
    found = customer_of(DjangoDirectory().customers(), evidence, facts.scopes)
    return found.customer_id if found is not None else config.customer_id


def desk_of(config: Configuration) -> Desk:
    """The configured desk."""
    return RemoteDesk(config) if config.endpoint else OwnDesk(config)


class OwnDesk:
    """The application's own tables."""

    def __init__(self, config: Configuration) -> None:
        self._when_missing = WhenMissing(config.when_missing)
        self._enrolment = Enrolment(books(), lambda: datetime.now(UTC))

    def register(self, key: AccountKey, user: Any, customer_id: str) -> None:
        """Register the account and whose it is."""
        self._enrolment.register_account(key, user.get_username(), customer_id)
        DjangoDirectory().link(key, user)

    def confirm(self, key: AccountKey, login: Login) -> None:
        """Open, confirm or flag the assignment."""
        self._enrolment.confirm(key, login, self._when_missing)


class RemoteDesk:
    """The billing service; only the link from user to account is kept here."""

    def __init__(self, config: Configuration) -> None:
        self._client = UsageBilling(config.endpoint, timeout=config.timeout)

    def register(self, key: AccountKey, user: Any, customer_id: str) -> None:
        """Register the account at the service, then remember whose it is."""
        self._client.register_account(key, user.get_username(), customer_id)
        DjangoDirectory().link(key, user)

    def confirm(self, key: AccountKey, login: Login) -> None:
        """Send to the service."""
        self._client.confirm_assignment(key, login)
