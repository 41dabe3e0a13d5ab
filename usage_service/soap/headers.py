"""A request as it came over HTTP, before anybody looked into it.

What a SOAP header can say about a usage record.

`twssHeaders` is the block that the Access Gateway of TWSS puts into every request. Its namespace was never published,
so the block and its children are found by their local names, with or without a prefix.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from lxml import etree

from usage_service.auth.callers import Caller, Right
from usage_service.errors import InvalidValue
from usage_service.record import Property, SequenceNumber
from usage_service.soap.envelope import OWN_HEADERS, WS_ADDRESSING, local_name, qualified
from usage_service.xml_text import collapse


@dataclass(frozen=True, slots=True)
class Posted:
    """What HTTP and the authentication say about one request."""

    body: bytes
    content_type: str | None = None
    caller_address: str | None = None
    caller: Caller | None = None  # who authenticated; None where authentication is off

    @property
    def principal(self) -> str | None:
        """The name of who authenticated."""
        return self.caller.name if self.caller else None

    def require(self, service: str, *rights: Right) -> None:
        """Raise `NotAllowed` unless whoever sent this may act for the service, with these rights."""
        if self.caller is not None:
            self.caller.require(service, *rights)


USAGE_POLICY = "usage."
"""Policies with this prefix are meant for the usage record (TWSS 7.1, Service policy naming conventions)."""

_MESSAGE_IDS = tuple(qualified(namespace, "MessageID") for namespace in WS_ADDRESSING)
_IDEMPOTENCY_KEY = qualified(OWN_HEADERS, "idempotencyKey")
_SOURCE_SEQUENCE = qualified(OWN_HEADERS, "sourceSequence")
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class CallContext:
    """The part of a request's header that is kept with the record."""

    transaction_id: str | None = None
    requester: str | None = None
    service_id: str | None = None
    usage_policies: tuple[Property, ...] = ()
    once_key: str | None = None
    source: str | None = None  # who numbers its records …
    sequence: SequenceNumber | None = None  # … and which number this one has


NO_CONTEXT = CallContext()


def read_headers(header: etree._Element | None) -> CallContext:
    """Everything in the header that is ours to keep; unknown blocks are ignored. Raises `InvalidValue`."""
    if header is None:
        return NO_CONTEXT
    blocks: dict[str, etree._Element] = {}
    for block in header:
        blocks.setdefault(block.tag, block)
    twss = next((block for tag, block in blocks.items() if local_name(tag) == "twssHeaders"), None)
    values = {local_name(child.tag): (child.text or "").strip() for child in twss} if twss is not None else {}
    source, sequence = _source_sequence(blocks.get(_SOURCE_SEQUENCE))
    return CallContext(
        transaction_id=collapse(values.get("globalTransactionID", "")) or None,
        requester=values.get("requesterID") or None,
        service_id=values.get("serviceID") or None,
        usage_policies=tuple(_usage_policies(twss)) if twss is not None else (),
        once_key=_once_key(header, blocks),
        source=source,
        sequence=sequence,
    )


def _usage_policies(twss: etree._Element) -> list[Property]:
    policies = (policy for policy in twss.iter() if local_name(policy.tag) == "policy")
    return [
        Property(policy.get("attribute", ""), policy.get("value", ""))
        for policy in policies
        if policy.get("attribute", "").startswith(USAGE_POLICY)
    ]


LONGEST_MESSAGE_ID = 400
"""Longest message id that is a key as it stands; a longer one counts by its digest."""


def _once_key(header: etree._Element, blocks: Mapping[str, etree._Element]) -> str | None:
    """The caller's key for safe retries: WS-Addressing's message id, else our own header element."""
    own = [_text(block) for block in header.iterchildren(_IDEMPOTENCY_KEY)]
    if len(own) > 1:
        raise InvalidValue("idempotencyKey", "is repeated")
    if own == [""]:
        raise InvalidValue("idempotencyKey", "must not be empty")
    for name in _MESSAGE_IDS:
        if name in blocks and (message_id := _text(blocks[name])):
            is_long = len(message_id) > LONGEST_MESSAGE_ID
            return f"wsa:{sha256(message_id.encode()).hexdigest() if is_long else message_id}"
    return f"key:{own[0]}" if own else None


def _text(block: etree._Element) -> str:
    return (block.text or "").strip()


def _source_sequence(block: etree._Element | None) -> tuple[str | None, SequenceNumber | None]:
    """The caller's own numbering: `source`, `epoch` and `number` as attributes or as children."""
    if block is None:
        return None, None
    stated = {local_name(str(name)): str(text) for name, text in block.items()}
    stated |= {local_name(child.tag): child.text or "" for child in block}
    source, epoch, number = (stated.get(name, "").strip() for name in ("source", "epoch", "number"))
    if not epoch or not _WHOLE_NUMBER.fullmatch(number):
        raise InvalidValue("sourceSequence", "must state an epoch and a whole number")
    return source or None, SequenceNumber(epoch, int(number))
