"""Checking a request against the schema of its contract, and saying what is wrong in words for callers.

The contract files as they are served, and as requests are checked against them.

What a client downloads is the file's bytes with only the address set: never generated, never from the request's Host
header, the same from every worker.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lxml import etree

from usage_service.errors import ConfigurationError, InvalidValue
from usage_service.shipped import shipped
from usage_service.soap.envelope import local_name
from usage_service.soap.single_document import single_document

XSD = "http://www.w3.org/2001/XMLSchema"

_ELEMENT = re.compile(r"Element '(?:\{[^}]*\})?([^']+)'")
_EXPECTED = re.compile(r"Expected is (?:one of )?\( (?:\{[^}]*\})?(\w+)")
_BAD_VALUE = re.compile(r": ('.*') is not a valid value of the atomic type '(xs:\w+)'", re.DOTALL)
_NOT_IN_SET = re.compile(r"The value ('.*') is not an element of the set \{(.*)\}", re.DOTALL)
_ATTRIBUTE = re.compile(r"The attribute '(?:\{[^}]*\})?([^']+)' is not allowed")


@dataclass(frozen=True, slots=True)
class ContractSchema:
    """The schema inside a contract, compiled."""

    compiled: etree.XMLSchema
    required: frozenset[str]  # elements that must be there
    messages: frozenset[str]  # elements that are a message of their own

    @classmethod
    def of(cls, schema: etree._Element) -> "ContractSchema":
        """The schema that stands in a WSDL document."""
        elements = schema.iterfind(f".//{{{XSD}}}sequence/{{{XSD}}}element")
        return cls(
            etree.XMLSchema(schema),
            frozenset(element.get("name", "") for element in elements if element.get("minOccurs") != "0"),
            frozenset(element.get("name", "") for element in schema.iterfind(f"{{{XSD}}}element")),
        )

    def allows(self, request: etree._Element) -> bool:
        """Whether the schema allows a request."""
        return self.compiled.validate(request)

    def check(self, request: etree._Element) -> None:
        """Raise `InvalidValue` naming the first element that the schema does not allow."""
        try:
            self.compiled.assertValid(request)
        except etree.DocumentInvalid as error:
            raise self._named(str(error), local_name(request.tag)) from error

    def _named(self, message: str, root: str) -> InvalidValue:
        """What libxml2 says, as the element's name and the problem; its own words hold parser details."""
        element = _ELEMENT.search(message)
        name = element.group(1) if element else root
        if bad := _BAD_VALUE.search(message):
            return InvalidValue(name, f"{bad.group(1)[:200]} is not a valid {bad.group(2).replace('xs:', 'xsd:')}")
        if strange := _NOT_IN_SET.search(message):
            return InvalidValue(name, f"{strange.group(1)[:200]} is not one of {strange.group(2)}")
        if attribute := _ATTRIBUTE.search(message):
            return InvalidValue(name, f"must not have an attribute {attribute.group(1)[:80]}")
        if (expected := _EXPECTED.search(message)) and expected.group(1) in self.required:
            return InvalidValue(expected.group(1), "is missing or not in its place")
        return InvalidValue(name, "is not in its place")


_ADDRESS = re.compile(rb'(<soap:address location=")[^"]*(")')


def contract_folder(override: str = "") -> Path:
    """Where the WSDL files are: the shipped ones, or an operator's own."""
    return Path(override) if override else shipped("wsdl")


def served_contract(path: Path, address: str) -> bytes:
    """The bytes of a WSDL file with every `soap:address` set to the configured one."""
    return _addressed(path.read_bytes(), address)


def served_contracts(folder: Path, editions: Iterable[tuple[str, str]], address: str) -> dict[str, bytes]:
    """What `?wsdl=…` gives, by its value: each edition's file, and behind `single` the same as one document."""
    served: dict[str, bytes] = {}
    for value, file in editions:
        served[value] = served_contract(folder / file, address)
        single = single_document(folder / file) if b":import" in served[value] else served[value]
        served[f"single-{value}" if value else "single"] = _addressed(single, address)
    return served


def _addressed(document: bytes, address: str) -> bytes:
    return _ADDRESS.sub(lambda found: found[1] + address.encode() + found[2], document)


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
