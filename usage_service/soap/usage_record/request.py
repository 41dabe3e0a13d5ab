"""`writeUsageRecordRequest`: what it means, and how any form of it becomes the one that the schema describes.

Callers of the old platform differ in how they write it (with or without namespaces, with attributes of their tools);
`straighten` takes that away and Spyne reads the result. The fast path reads requests that need no straightening. Both
end in `MakeRecord`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from lxml import etree

from usage_service.errors import InvalidValue, UnequalArrays, Unreadable
from usage_service.record import Property, UsageRecord, pair_properties
from usage_service.soap.envelope import (
    REQUEST_FIELDS,
    USAGE_RECORD,
    XSI,
    has_loose_text,
    local_name,
    namespace_of,
    qualified,
)
from usage_service.soap.faults import WireForm
from usage_service.soap.headers import USAGE_POLICY, CallContext, Posted
from usage_service.soap.new_record import NewRecord, make_record

REQUEST = "writeUsageRecordRequest"
_LONGEST_NUMBER = 100
_SCALARS = REQUEST_FIELDS[:5]
_NUMBERS = frozenset(("recordTime", "code"))
_HREF, _NIL = "href", qualified(XSI, "nil")


class WriteRequest(NamedTuple):
    """The content of one request, as sent."""

    global_transaction_id: str
    service: str
    event_type: str
    record_time: int  # milliseconds since 1970
    code: int
    names: Sequence[str]
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class MakeRecord:
    """Makes the record that a request states, by the service's settings."""

    lenient_arrays: bool = False  # fill up unequal arrays instead of refusing them
    usage_policies: Literal["keep", "strip", "off"] = "keep"  # copy usage.* policies of the header to properties

    def __call__(
        self, request: WriteRequest, context: CallContext, posted: Posted, *, remarks: tuple[str, ...] = ()
    ) -> UsageRecord:
        """Raises `InvalidValue`, `UnequalArrays` or `NotAllowed`."""
        properties, repaired = self._properties(request)
        if context.usage_policies:
            properties = self._with_policies(properties, context.usage_policies)
        new = NewRecord(
            request.global_transaction_id,
            request.service,
            request.event_type,
            request.record_time,
            request.code,
            properties,
            context.source,
            context.sequence,
        )
        return make_record(new, context, posted, once_key=context.once_key, remarks=remarks + repaired)

    def _properties(self, request: WriteRequest) -> tuple[tuple[Property, ...], tuple[str, ...]]:
        if len(request.names) == len(request.values):
            return pair_properties(request.names, request.values), ()
        if self.lenient_arrays:
            return _repaired(request.names, request.values), ("repaired",)
        raise UnequalArrays(len(request.names), len(request.values))

    def _with_policies(self, properties: tuple[Property, ...], policies: tuple[Property, ...]) -> tuple[Property, ...]:
        """A policy follows the service's own attributes; an attribute the service set itself wins."""
        if self.usage_policies == "off":
            return properties
        prefix = USAGE_POLICY if self.usage_policies == "strip" else ""
        named = (Property(policy.name.removeprefix(prefix), policy.value) for policy in policies)
        present = {name for name, _ in properties}
        return properties + tuple(policy for policy in named if policy.name not in present)


def _repaired(names: Sequence[str], values: Sequence[str]) -> tuple[Property, ...]:
    """Missing values become empty, surplus ones are kept under names of ours."""
    surplus = [f"UNNAMED_{number}" for number in range(1, len(values) - len(names) + 1)]
    missing = [""] * (len(names) - len(values))
    return pair_properties([*names, *surplus], [*values, *missing])


def wire_form(operation: etree._Element, aliases: frozenset[str]) -> WireForm:
    """How this request is written. Raises `Unreadable` when it is not the operation of this contract."""
    namespace = namespace_of(operation.tag)
    if local_name(operation.tag) != REQUEST or (namespace != USAGE_RECORD and namespace not in aliases):
        raise Unreadable(f"unknown operation {operation.tag[:200]}")
    first = next(iter(operation), None)
    return WireForm(namespace, first is None or namespace_of(first.tag) != "")


def straighten(operation: etree._Element) -> tuple[etree._Element, int]:
    """The same request in the form of the schema, and how many elements were left out because they are unknown.

    Children are matched by local name, qualified or not. Attributes are dropped; what would change the value
    (`xsi:nil`, `href`, child elements) raises `InvalidValue`.
    """
    if has_loose_text(operation):
        raise Unreadable("there is text between the elements of the request")
    straight = etree.Element(qualified(USAGE_RECORD, REQUEST))
    unknown = 0
    seen = set()
    for child in operation:
        name = local_name(child.tag)
        if name not in REQUEST_FIELDS:
            unknown += 1
            continue
        if child.get(_NIL, "").strip() in ("1", "true"):
            raise InvalidValue(name, "must not be nil")
        if child.get(_HREF) is not None:
            raise InvalidValue(name, "must hold its value itself")
        if len(child):
            raise InvalidValue(name, "must hold text only")
        if name in _NUMBERS and len(child.text or "") > _LONGEST_NUMBER:
            raise InvalidValue(name, "has too many digits")
        if name in _SCALARS and name in seen:
            raise InvalidValue(name, "is repeated")
        seen.add(name)
        etree.SubElement(straight, qualified(USAGE_RECORD, name)).text = child.text
    return straight, unknown


def read_straight(operation: etree._Element) -> WriteRequest:
    """What a straightened request that the schema allows states."""
    texts: dict[str, list[str]] = {name: [] for name in REQUEST_FIELDS}
    for child in operation:
        texts[local_name(child.tag)].append(child.text or "")
    transaction_id, service, event_type, record_time, code = (texts[name][0] for name in _SCALARS)
    names, values = (texts[name] for name in REQUEST_FIELDS[len(_SCALARS) :])
    return WriteRequest(transaction_id, service, event_type, int(record_time), int(code), names, values)
