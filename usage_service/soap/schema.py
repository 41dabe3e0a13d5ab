"""Checking a request against the schema of its contract, and saying what is wrong in words for callers."""

import re
from dataclasses import dataclass

from lxml import etree

from usage_service.errors import InvalidValue
from usage_service.soap.names import local_name

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

    @classmethod
    def of(cls, schema: etree._Element) -> "ContractSchema":
        """The schema that stands in a WSDL document."""
        elements = schema.iterfind(f".//{{{XSD}}}sequence/{{{XSD}}}element")
        return cls(
            etree.XMLSchema(schema),
            frozenset(element.get("name", "") for element in elements if element.get("minOccurs") != "0"),
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
