"""The requests that every contender gets: distinct, realistic envelopes of about 1.5 kB with six properties."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

from usage_service.record import Property, UsageRecord, milliseconds_from_time

TRANSACTION = "@transaction@"
"""Stands for the transaction id, which `load.lua` makes anew for every request."""

SEPARATOR = "\x1e"
EVENTS = ("StartCall", "EndCall", "GetCallInformation", "CancelCall")
PROPERTIES = 6

ENVELOPE = """\
<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" \
xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  {header}
  <soapenv:Body>
    <u:writeUsageRecordRequest xmlns:u="http://www.ibm.com/schema/twss/userec/v2_0/local">
      {fields}
    </u:writeUsageRecordRequest>
  </soapenv:Body>
</soapenv:Envelope>
"""


KEY = f'<soapenv:Header><k:idempotencyKey xmlns:k="urn:usage-service:headers:v1">{TRANSACTION}</k:idempotencyKey>\
</soapenv:Header>'
"""The header that makes a request safe to retry."""

BATCH = """\
<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" \
xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <soapenv:Header/>
  <soapenv:Body>
    <u:writeUsageRecords xmlns:u="urn:usage-service:ledger:v1">
      <u:mode>bestEffort</u:mode>
      {records}
    </u:writeUsageRecords>
  </soapenv:Body>
</soapenv:Envelope>
"""


def write_envelopes(path: Path, count: int, properties: int = PROPERTIES) -> Path:
    """Put `count` envelopes into a file for wrk."""
    return _written(path, map(envelope, records(count, properties)))


def write_keyed_envelopes(path: Path, count: int) -> Path:
    """The same with a key in each."""
    return _written(path, (envelope(record, header=KEY) for record in records(count)))


def write_batches(path: Path, count: int, size: int) -> Path:
    """Put `count` records into a file for wrk, in batches."""
    made = list(records(count))
    return _written(path, (batch(made[start : start + size]) for start in range(0, count, size)))


def _written(path: Path, envelopes: Iterable[str]) -> Path:
    path.write_text(SEPARATOR.join(envelopes), encoding="utf-8")
    return path


def records(count: int, properties: int = PROPERTIES, seed: int = 0) -> Iterator[UsageRecord]:
    """The same records every time. Their transaction id is the placeholder."""
    chance = random.Random(seed)
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    for number in range(count):
        yield UsageRecord(
            global_transaction_id=TRANSACTION,
            service="PX21_TPC_IMS",
            event_type=chance.choice(EVENTS),
            record_time=start + timedelta(milliseconds=number * 7),
            code=chance.choice((0,) * 18 + (1, 2)),
            properties=tuple(_properties(chance, properties)),
        )


def _properties(chance: random.Random, count: int) -> Iterator[Property]:
    """What a Third Party Call states, then what its operator adds."""
    usual: Sequence[tuple[str, str]] = (
        ("REQUESTER", f"application-{chance.randrange(500):03}@partner.example"),
        ("CALLER", f"sip:+4930{chance.randrange(10**7):07}@ims.example.net;user=phone"),
        ("CALLED_PARTY", f"tel:+4989{chance.randrange(10**7):07}"),
        ("CALL_STATUS", chance.choice(("CallConnected", "CallTerminated", "CallInitial"))),
        (
            "START_TIME",
            f"2026-11-20T{chance.randrange(24):02}:{chance.randrange(60):02}:07.{chance.randrange(1000):03}Z",
        ),
        ("CHARGE_DESCRIPTION", f"call & connect, tariff <{chance.randrange(90) + 10}>, to the partner's order"),
    )
    for position in range(count):
        name, value = (
            usual[position] if position < len(usual) else (f"usage.note_{position}", f"{chance.random():.12f}")
        )
        yield Property(name, value)


def envelope(record: UsageRecord, header: str = "<soapenv:Header/>") -> str:
    """The request for one record, as a tool that indents its XML writes it."""
    fields = [
        *_scalars(record),
        *(("serviceAttributes", name) for name, _ in record.properties),
        *(("serviceValues", value) for _, value in record.properties),
    ]
    return ENVELOPE.format(header=header, fields="\n      ".join(_element(name, text) for name, text in fields))


def batch(made: Sequence[UsageRecord]) -> str:
    """The request for many records, their transaction ids reported apart by a number, written by such a tool too."""
    numbered = (
        replace(record, global_transaction_id=f"{TRANSACTION}-{number:04}") for number, record in enumerate(made)
    )
    return BATCH.format(records="\n      ".join(map(_new_record, numbered)))


def _new_record(record: UsageRecord) -> str:
    pairs = (
        f"<u:property>{_element('name', name)}{_element('value', value)}</u:property>"
        for name, value in record.properties
    )
    fields = [*(_element(name, text) for name, text in _scalars(record)), *pairs]
    return "<u:record>\n        " + "\n        ".join(fields) + "\n      </u:record>"


def _scalars(record: UsageRecord) -> list[tuple[str, str]]:
    return [
        ("globalTransactionID", record.global_transaction_id),
        ("service", record.service),
        ("eventType", record.event_type),
        ("recordTime", str(milliseconds_from_time(record.record_time))),
        ("code", str(record.code)),
    ]


def _element(name: str, text: str) -> str:
    return f"<u:{name}>{escape(text)}</u:{name}>"
