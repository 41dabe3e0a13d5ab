#!/usr/bin/env python3
"""Usage Record client for suds, which reads the WSDL anew at every start: there is nothing to generate."""

import sys
from collections.abc import Sequence
from typing import Any

from suds import WebFault
from suds.client import Client


def write(client: Client, arguments: Sequence[str]) -> str:
    transaction, service, event, time, code, *properties = arguments
    pairs = [text.split("=", 1) for text in properties]
    return client.service.writeUsageRecord(
        globalTransactionID=transaction,
        service=service,
        eventType=event,
        recordTime=int(time),
        code=int(code),
        serviceAttributes=[name for name, *_ in pairs],
        serviceValues=[value for _, *values in pairs for value in values],
    )


def describe(fault: Any) -> str:
    """One line for the detail, which suds makes an object without the schema: one element is then no list."""
    found = getattr(fault, "variables", [])
    variables = found if isinstance(found, list) else [found]
    return f"FAULT {fault.messageID}|{fault.text}|{','.join(variables)}"


def main(wsdl: str, command: str, *arguments: str) -> str:
    client = Client(wsdl, cache=None)
    try:
        return COMMANDS[command](client, arguments)
    except WebFault as error:
        return describe(error.fault.detail.WriteUsageRecordFault)


COMMANDS = {"write": write}

if __name__ == "__main__":
    print(main(*sys.argv[1:]))
