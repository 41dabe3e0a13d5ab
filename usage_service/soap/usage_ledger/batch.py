"""`writeUsageRecords`: how its records are read, whether from Spyne's objects or straight off the parsed tree."""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from usage_service.errors import CallerError, InvalidValue, NotAllowed
from usage_service.ledger.commit_queue import Item
from usage_service.record import SequenceNumber, pair_properties
from usage_service.soap.envelope import LEDGER, local_name, qualified
from usage_service.soap.headers import CallContext, Posted
from usage_service.soap.new_record import NewRecord, make_record
from usage_service.soap.schema import ContractSchema

OPERATION = "writeUsageRecords"
RECORD = qualified(LEDGER, "record")
ATOMIC, BEST_EFFORT = "atomic", "bestEffort"
SCALARS = 5
"""So many fields every record has, in front of its properties."""
_KEY, _SEQUENCE = (qualified(LEDGER, name) for name in ("key", "sequence"))

_NAMES_HERE = {"serviceAttributes": "property", "serviceValues": "property"}
"""The words of IBM's contract → those of this one."""


class KeyedRecord(NamedTuple):
    """One record of a batch, as sent, with its own idempotency key."""

    new: NewRecord
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A request: items in its order, each with the element it was read from."""

    atomic: bool
    items: Sequence[Item]
    elements: Sequence[etree._Element]


def read_record(element: etree._Element) -> KeyedRecord:
    """One `record` that the schema allows, which leaves no doubt about the order of its fields.

    Walking the elements once costs a third of asking each for its children.
    """
    texts = [node.text or "" for node in element.iter() if not len(node)]
    parts = len(element[-1]) if element[-1].tag == _SEQUENCE else 0
    keyed = element[-2 if parts else -1].tag == _KEY
    end_of_key = len(texts) - parts
    end_of_pairs = end_of_key - keyed
    transaction_id, service, event_type, record_time, code = texts[:SCALARS]
    source, sequence = None, None
    if parts:
        *first, epoch, number = texts[end_of_key:]
        source = first[0] if first else None
        sequence = SequenceNumber(epoch, int(number))
    new = NewRecord(
        transaction_id,
        service,
        event_type,
        int(record_time),
        int(code),
        pair_properties(texts[SCALARS:end_of_pairs:2], texts[SCALARS + 1 : end_of_pairs : 2]),
        source,
        sequence,
    )
    return KeyedRecord(new, texts[end_of_pairs] if keyed else None)


def make_item(sent: KeyedRecord, context: CallContext, place: int, posted: Posted) -> Item:
    """The record, or what is wrong with it. `place` counts from 1 and tells apart what the request's key covers."""
    try:
        once_key = _once_key(sent.key, context.once_key, place)
        return make_record(sent.new, context, posted, once_key=once_key)
    except InvalidValue as error:
        return InvalidValue(_NAMES_HERE.get(error.field, error.field), error.problem)
    except NotAllowed as error:
        return error


def _once_key(own: str | None, of_request: str | None, place: int) -> str | None:
    if own is not None:
        if not own.strip():
            raise InvalidValue("key", "must not be empty")
        return f"key:{own.strip()}"
    return f"{of_request}/{place}" if of_request else None


def split_off_refused(schema: ContractSchema, operation: etree._Element) -> dict[int, CallerError]:
    """Take out the records that the schema does not allow, so that they cannot keep out the others.

    Returns what is wrong with each, by its place counted from 0. Raises `InvalidValue` when something else is wrong.
    """
    if schema.allows(operation):
        return {}
    frame = [child for child in operation if child.tag != RECORD]
    _check_frame(schema, _request_of(operation, frame))
    refused: dict[int, CallerError] = {}
    for place, record in enumerate(operation.findall(RECORD)):
        try:
            schema.check(_request_of(operation, [*frame, record]))
        except InvalidValue as error:
            refused[place] = error
            operation.remove(record)
    if operation.find(RECORD) is not None:
        schema.check(operation)
    return refused


def _request_of(operation: etree._Element, children: Iterable[etree._Element]) -> etree._Element:
    request = etree.Element(operation.tag)
    request.extend(deepcopy(child) for child in children)
    return request


def _check_frame(schema: ContractSchema, without_records: etree._Element) -> None:
    """A request without its records may lack nothing but them."""
    try:
        schema.check(without_records)
    except InvalidValue as error:
        if error.field != local_name(RECORD):
            raise
