"""The billing service from Python: whose account is whose, and what is owed."""

from collections.abc import Iterator
from typing import Any

import requests
from zeep.helpers import serialize_object

from usage_service.client.contract import operations, translated_errors
from usage_service.systems.bridge_billing.accounts import AccountKey
from usage_service.systems.bridge_billing.assigning import Login

BINDING = "{urn:usage-service:billing:v1}UsageBillingBinding"
DEFAULT_ENDPOINT = "http://localhost:8080/soap/usage-billing"

Answer = dict[str, Any]
"""Element name → value: text, int, `Decimal`, aware `datetime`, or further answers."""


class UsageBilling:
    """A client of Usage Billing. Every method raises `CallerError` or `ServiceError`."""

    def __init__(
        self, endpoint: str = DEFAULT_ENDPOINT, *, timeout: float = 10.0, session: requests.Session | None = None
    ) -> None:
        """`timeout` is in seconds, for connecting and for the answer; `session` can carry credentials."""
        self._service = operations("UsageBilling.wsdl", BINDING, endpoint, timeout=timeout, session=session)

    def register_account(self, key: AccountKey, user_key: str, customer_id: str) -> Answer:
        """Register a user's account and return it as it is kept."""
        with translated_errors():
            return _plain(
                self._service.registerAccount(
                    service=key.service, externalId=key.external_id, userKey=user_key, customerId=customer_id
                )
            )

    def confirm_assignment(self, key: AccountKey, login: Login) -> Answer | None:
        """Send what a login said; returns the assignment in effect then."""
        with translated_errors():
            found = self._service.confirmAssignment(
                service=key.service,
                externalId=key.external_id,
                sequencenumber=login.sequencenumber,
                loginTime=login.at,
                evidence=login.evidence,
            )
        return _plain(found) if found is not None else None

    def import_status(self, *, period: str | None = None, sha256: str | None = None) -> list[Answer]:
        """What became of imported files."""
        with translated_errors():
            return [_plain(each) for each in self._service.getImportStatus(period=period, sha256=sha256) or ()]

    def aggregates(self, period: str, run_id: str | None = None) -> Answer:
        """The aggregates of a period's last calculation, or of a certain one, with their proof."""
        with translated_errors():
            return _plain(self._service.getAggregates(period=period, runId=run_id))

    def suspense(self, period: str) -> Iterator[Answer]:
        """Every line that waits, page by page."""
        cursor: str | None = None
        while True:
            with translated_errors():
                page = _plain(self._service.listSuspense(period=period, cursor=cursor))
            yield from page["line"]
            cursor = page["nextCursor"]
            if cursor is None:
                return


def _plain(answer: Any) -> Answer:
    plain: Answer = serialize_object(answer, dict)
    return plain
