#!/usr/bin/env python3
"""Usage Record client for zeep, which reads the WSDL anew at every start: there is nothing to generate."""

import sys
from collections.abc import Sequence
from typing import Any

import zeep
from zeep.exceptions import Fault


def write(client: zeep.Client, arguments: Sequence[str]) -> str:
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


def typed_fault(client: zeep.Client, error: Fault) -> Any:
    """The detail of a fault, which zeep leaves as XML, as an object of its element in the WSDL."""
    return client.wsdl.types.deserialize(error.detail[0])


def describe(fault: Any) -> str:
    return f"FAULT {fault.messageID}|{fault.text}|{','.join(fault.variables)}"


def main(wsdl: str, command: str, *arguments: str) -> str:
    client = zeep.Client(wsdl)
    try:
        return COMMANDS[command](client, arguments)
    except Fault as error:
        return describe(typed_fault(client, error))


COMMANDS = {"write": write}

if __name__ == "__main__":
    print(main(*sys.argv[1:]))
