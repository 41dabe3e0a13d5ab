"""The contract files as they are served, and as requests are checked against them.

What a client downloads is the file's bytes with only the address set: never generated, never from the request's Host
header, the same from every worker.
"""

import re
from functools import cache
from pathlib import Path

from lxml import etree

from usage_service.errors import ConfigurationError
from usage_service.shipped import shipped
from usage_service.soap.schema import XSD, ContractSchema

_ADDRESS = re.compile(rb'(<soap:address location=")[^"]*(")')


def contract_folder(override: str = "") -> Path:
    """Where the WSDL files are: the shipped ones, or an operator's own."""
    return Path(override) if override else shipped("wsdl")


def served_contract(path: Path, address: str) -> bytes:
    """The bytes of a WSDL file with every `soap:address` set to the configured one."""
    return _ADDRESS.sub(lambda found: found[1] + address.encode() + found[2], path.read_bytes())


def schema_element(path: Path) -> etree._Element:
    """The schema inside a WSDL file, as it is written."""
    schema = etree.parse(path).find(f".//{{{XSD}}}schema")
    if schema is None:
        raise ConfigurationError(f"{path} holds no schema")
    return schema


@cache
def contract_schema(path: Path) -> ContractSchema:
    """The schema inside a WSDL file, compiled."""
    return ContractSchema.of(schema_element(path))
