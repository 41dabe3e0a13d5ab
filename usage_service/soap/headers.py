"""What a SOAP header can tell about a usage record.

`twssHeaders` is the block that the Access Gateway of TWSS puts into every request. Its namespace was never published,
so the block and its children are found by their local names, with or without a prefix.
"""

import re
from dataclasses import dataclass

from lxml import etree

from usage_service.record import Property
from usage_service.soap.names import OWN_HEADERS, WS_ADDRESSING, local_name, qualified

USAGE_POLICY = "usage."
"""Policies with this prefix are meant for the usage record (TWSS 7.1, Service policy naming conventions)."""

_BLANKS = re.compile(r"[ \t\r\n]+")
_MESSAGE_IDS = tuple(qualified(namespace, "MessageID") for namespace in WS_ADDRESSING)
_IDEMPOTENCY_KEY = qualified(OWN_HEADERS, "idempotencyKey")


@dataclass(frozen=True, kw_only=True, slots=True)
class CallContext:
    """The part of a request's header that is kept with the record."""

    transaction_id: str | None = None
    requester: str | None = None
    service_id: str | None = None
    usage_policies: tuple[Property, ...] = ()
    once_key: str | None = None


NO_CONTEXT = CallContext()


def read_headers(header: etree._Element | None) -> CallContext:
    """Everything in the header that is ours to keep; unknown blocks are ignored."""
    if header is None:
        return NO_CONTEXT
    twss = next((block for block in header if local_name(block.tag) == "twssHeaders"), None)
    values = {local_name(child.tag): (child.text or "").strip() for child in twss} if twss is not None else {}
    return CallContext(
        transaction_id=collapse(values.get("globalTransactionID", "")) or None,
        requester=values.get("requesterID") or None,
        service_id=values.get("serviceID") or None,
        usage_policies=tuple(_usage_policies(twss)) if twss is not None else (),
        once_key=_once_key(header),
    )


def collapse(identifier: str) -> str:
    """TWSS's white-space rule for ids: trimmed, and every run of XML's blanks inside becomes one space."""
    return _BLANKS.sub(" ", identifier).strip(" ")


def _usage_policies(twss: etree._Element) -> list[Property]:
    policies = (policy for policy in twss.iter() if local_name(policy.tag) == "policy")
    return [
        Property(policy.get("attribute", ""), policy.get("value", ""))
        for policy in policies
        if policy.get("attribute", "").startswith(USAGE_POLICY)
    ]


def _once_key(header: etree._Element) -> str | None:
    """The caller's key for safe retries: WS-Addressing's message id, else our own header element."""
    for prefix, names in (("wsa", _MESSAGE_IDS), ("key", (_IDEMPOTENCY_KEY,))):
        for name in names:
            key = (header.findtext(name) or "").strip()
            if key:
                return f"{prefix}:{key}"
    return None
