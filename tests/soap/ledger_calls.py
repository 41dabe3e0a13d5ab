"""What the tests of the Usage Ledger say to it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from lxml import etree
from zeep.exceptions import Fault

NAMESPACE = "urn:usage-service:ledger:v1"
WHY = {"actor": "auditor", "reasonCode": "TEST", "reason": "to see what happens"}
NO_SUCH_ID = "01a1fb83-1f1d-7411-88ff-b7164d8c0403"
MILLISECONDS = 1_351_521_660_540


def new_record(service: str, number: int = 0, **changes: Any) -> dict[str, Any]:
    """A record to write; `number` tells it from others."""
    return {
        "globalTransactionID": f"tx-{service}-{number}",
        "service": service,
        "eventType": "StartCall",
        "recordTime": MILLISECONDS + number,
        "code": 0,
        "property": [{"name": "SECONDS", "value": str(number)}],
        **changes,
    }


def write(ledger: Any, *records: Mapping[str, Any], mode: str = "bestEffort") -> list[Any]:
    """The verdicts on records."""
    verdicts: list[Any] = ledger.writeUsageRecords(mode=mode, record=list(records))
    return verdicts


def written(ledger: Any, *records: Mapping[str, Any]) -> list[str]:
    """The ids of records that are stored without fail."""
    verdicts = write(ledger, *records, mode="atomic")
    assert {verdict.status for verdict in verdicts} == {"stored"}
    return [verdict.recordID for verdict in verdicts]


def fault_of(call: Callable[[], object]) -> dict[str, Any]:
    """The typed fault that a call ends with."""
    with pytest.raises(Fault) as caught:
        call()
    (typed,) = caught.value.detail
    assert typed.tag == f"{{{NAMESPACE}}}LedgerFault"
    texts = [(etree.QName(child).localname, child.text) for child in typed]
    found: dict[str, Any] = dict(texts)
    return {**found, "variables": [text for name, text in texts if name == "variables"]}


def post(url: str, operation: str, header: str = "") -> requests.Response:
    """Send the XML of a request as it is."""
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<e:Header>{header}</e:Header><e:Body>{operation}</e:Body></e:Envelope>"
    )
    return requests.post(url, body.encode(), headers={"Content-Type": "text/xml; charset=utf-8"}, timeout=30)


def at(year: int, month: int = 1) -> datetime:
    """The beginning of a month, in UTC."""
    return datetime(year, month, 1, tzinfo=UTC)
