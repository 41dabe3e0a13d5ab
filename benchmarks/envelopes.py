"""The requests that every contender gets: distinct, realistic envelopes of about 1.5 kB with six properties."""

import random
from collections.abc import Iterator, Sequence
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
  <soapenv:Header/>
  <soapenv:Body>
    <u:writeUsageRecordRequest xmlns:u="http://www.ibm.com/schema/twss/userec/v2_0/local">
      {fields}
    </u:writeUsageRecordRequest>
  </soapenv:Body>
</soapenv:Envelope>
"""


def write_envelopes(path: Path, count: int, properties: int = PROPERTIES) -> Path:
    """Put `count` envelopes into a file for wrk."""
    path.write_text(SEPARATOR.join(map(envelope, records(count, properties))), encoding="utf-8")
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


def envelope(record: UsageRecord) -> str:
    """The request for one record, as a tool that indents its XML writes it."""
    fields = [
        ("globalTransactionID", record.global_transaction_id),
        ("service", record.service),
        ("eventType", record.event_type),
        ("recordTime", str(milliseconds_from_time(record.record_time))),
        ("code", str(record.code)),
        *(("serviceAttributes", name) for name, _ in record.properties),
        *(("serviceValues", value) for _, value in record.properties),
    ]
    return ENVELOPE.format(fields="\n      ".join(f"<u:{name}>{escape(text)}</u:{name}>" for name, text in fields))
