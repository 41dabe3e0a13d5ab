"""Sending one record to a Usage Record component with Zeep, under the recording point's idempotency key."""

import requests
from lxml import etree

from usage_service.client.contract import operations, translated_errors
from usage_service.record import UsageRecord, milliseconds_from_time

BINDING = "{http://www.ibm.com/wsdl/twss/userec/v2_0/service}UsageRecordInterfaceBinding"
IDEMPOTENCY_KEY = "{urn:usage-service:headers:v1}idempotencyKey"


class Sender:
    """One Zeep client for the process; several threads may use it."""

    def __init__(self, endpoint: str, *, timeout: float, session: requests.Session | None = None) -> None:
        self._service = operations("UsageRecord.wsdl", BINDING, endpoint, timeout=timeout, session=session)

    def send(self, record: UsageRecord, once_key: str) -> str:
        """Store it and return its id. The same key again gives the same id; IBM's component ignores the key."""
        header = etree.Element(IDEMPOTENCY_KEY)
        header.text = once_key
        with translated_errors():
            answer: str = self._service.writeUsageRecord(
                globalTransactionID=record.global_transaction_id,
                service=record.service,
                eventType=record.event_type,
                recordTime=milliseconds_from_time(record.record_time),
                code=record.code,
                serviceAttributes=[name for name, _ in record.properties],
                serviceValues=[value for _, value in record.properties],
                _soapheaders=[header],
            )
        return answer
