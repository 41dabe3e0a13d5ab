#!/usr/bin/env python3
"""Usage Ledger client for zeep, which reads the WSDL anew at every start: there is nothing to generate."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import zeep
from zeep.exceptions import Fault

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write(client: zeep.Client, mode: str, *records: str) -> list[str]:
    verdicts = client.service.writeUsageRecords(mode=mode, record=list(map(new_record, records)))
    return [joined(one.status, one.recordID, one.field, one.messageID, one.reason) for one in verdicts]


def new_record(text: str) -> dict[str, Any]:
    transaction, service, event, time, code, key, *properties = text.split("|")
    return {
        "globalTransactionID": transaction,
        "service": service,
        "eventType": event,
        "recordTime": int(time),
        "code": int(code),
        "property": [{"name": name, "value": value} for name, _, value in (text.partition("=") for text in properties)],
        "key": key or None,
    }


def get(client: zeep.Client, record_id: str) -> list[str]:
    return [stored(client.service.getUsageRecord(recordID=record_id))]


def query(client: zeep.Client, service: str, size: str, *cursor: str) -> list[str]:
    page = client.service.queryUsageRecords(
        filter={"service": service}, pageSize=int(size), cursor=cursor[0] if cursor else None
    )
    return [page.nextCursor or "", *map(stored, page.record)]


def stored(record: Any) -> str:
    milliseconds = (record.recordTime - EPOCH) // timedelta(milliseconds=1)
    pairs = [f"{one.name}={one.value or ''}" for one in record.property]
    return joined(
        record.recordID, record.globalTransactionID, record.service, record.eventType, milliseconds, record.code, *pairs
    )


def void(client: zeep.Client, record_id: str) -> list[str]:
    done = client.service.voidUsageRecord(recordID=record_id, actor="auditor", reasonCode="TEST", reason="sent twice")
    return [joined(done.recordID, done.actor, done.reasonCode, done.reason)]


def joined(*parts: Any) -> str:
    return "|".join("" if part is None else str(part) for part in parts)


def typed_fault(client: zeep.Client, error: Fault) -> Any:
    """The detail of a fault, which zeep leaves as XML, as an object of its element in the WSDL."""
    return client.wsdl.types.deserialize(error.detail[0])


def describe(fault: Any) -> str:
    return "FAULT " + joined(fault.messageID, fault.text, ",".join(fault.variables), fault.field)


def answer(client: zeep.Client, command: str, *words: str) -> str:
    try:
        return "\t".join(COMMANDS[command](client, *words))
    except Fault as error:
        return describe(typed_fault(client, error))


def main(wsdl: str, lines: Iterable[str]) -> None:
    client = zeep.Client(wsdl)
    for line in lines:
        print(answer(client, *line.removesuffix("\n").split("\t")), flush=True)


COMMANDS = {"write": write, "get": get, "query": query, "void": void}

if __name__ == "__main__":
    main(sys.argv[1], sys.stdin)
