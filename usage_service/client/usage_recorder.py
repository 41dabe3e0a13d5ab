"""Writing usage records from a telecom service."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from uuid import uuid4

import requests
from requests.auth import HTTPBasicAuth

from usage_service.client.contract import operations, translated_errors
from usage_service.record import Property, milliseconds_from_time

BINDING = "{http://www.ibm.com/wsdl/twss/userec/v2_0/service}UsageRecordInterfaceBinding"
DEFAULT_ENDPOINT = "http://localhost:8080/UsageRecordService/services/UsageRecord"

Properties = Mapping[str, str] | Iterable[Property | tuple[str, str]]


class UsageRecorder:
    """Writes usage records to a Usage Record component, ours or IBM's.

    An empty endpoint disables the component, as it does in TWSS: `record` then returns None and `disabled` counts.
    """

    def __init__(
        self,
        endpoint: str = DEFAULT_ENDPOINT,
        *,
        timeout: float = 10.0,
        session: requests.Session | None = None,
        username: str | None = None,
        password: str = "",
    ) -> None:
        """`timeout` is in seconds, for connecting and for the answer.

        A user name and password are sent as HTTP Basic credentials; `session` can carry other ones.
        """
        if username is not None:
            session = session or requests.Session()
            session.auth = HTTPBasicAuth(username.encode(), password.encode())
        self.disabled = 0
        self._service = (
            operations("UsageRecord.wsdl", BINDING, endpoint, timeout=timeout, session=session) if endpoint else None
        )

    def record(
        self,
        *,
        service: str,
        event_type: str,
        code: int = 0,
        properties: Properties = (),
        global_transaction_id: str | None = None,
        record_time: datetime | None = None,
    ) -> str | None:
        """Write one record and return its id once it is durably stored.

        The transaction id defaults to a new UUID, the time to now; times must be aware. Raises `CallerError` when the
        record can never be stored as it is, `ServiceError` when trying again may help.
        """
        if self._service is None:
            self.disabled += 1
            return None
        pairs = list(properties.items() if isinstance(properties, Mapping) else properties)
        with translated_errors():
            answer: str = self._service.writeUsageRecord(
                globalTransactionID=global_transaction_id or str(uuid4()),
                service=service,
                eventType=event_type,
                recordTime=milliseconds_from_time(record_time or datetime.now(UTC)),
                code=code,
                serviceAttributes=[name for name, _ in pairs],
                serviceValues=[value for _, value in pairs],
            )
        return answer
