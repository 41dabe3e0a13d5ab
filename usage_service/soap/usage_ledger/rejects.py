"""Keeping what a SOAP caller must put right: whole requests, and single records of a batch."""

import logging
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import replace

from lxml import etree

from usage_service.errors import CallerError, Conflict, UsageServiceError
from usage_service.ledger.model import Outcome, Reject
from usage_service.soap.engine import Call
from usage_service.soap.envelope import BODY, ENVELOPE, HEADER, LEDGER, SOAP_ENVELOPE, local_name, qualified
from usage_service.soap.faults import field_of, translation_of
from usage_service.soap.headers import Posted
from usage_service.soap.usage_ledger.batch import ATOMIC, BEST_EFFORT, OPERATION, Batch

log = logging.getLogger(__name__)

USAGE_RECORD_REJECT, LEDGER_REJECT = "soap", "soap-ledger"
"""The sources of rejects: which contract was spoken."""

MEDIA_TYPE = "text/xml; charset=utf-8"

_WRITES = ("", "writeUsageRecord", OPERATION)
"""The operations whose refusal loses a record; empty: unknown operation."""

Keep = Callable[[Iterable[Reject]], object]
"""Stores rejects; raises `UsageServiceError`."""


class SoapRejects:
    """Keeps refused requests of one contract. What cannot be kept is logged: the caller's answer is the same."""

    def __init__(self, source: str, keep: Keep | None) -> None:
        """`keep` is None where nothing is to be kept."""
        self._source = source
        self._keep = keep

    def keep_request(self, call: Call, error: CallerError) -> None:
        """Keep a whole request, unless it was refused as a transport or could not have become a record."""
        if call.operation in _WRITES and translation_of(error).status == 500:
            self._try([self._reject(error, call.posted)])

    def keep_records(
        self,
        batch: Batch,
        outcomes: Sequence[Outcome],
        *,
        header: etree._Element | None,
        posted: Posted,
    ) -> None:
        """Keep the refused records of a batch, each as a request of its own; an atomic one is kept as it was."""
        culprits: list[tuple[CallerError, Sequence[etree._Element]]] = [
            (error, [element])
            for error, element in zip(outcomes, batch.elements, strict=True)
            if isinstance(error, CallerError) and not (batch.atomic and isinstance(error, Conflict))
        ]
        if batch.atomic:
            culprits = [(error, batch.elements) for error, _ in culprits[:1]]
        mode = ATOMIC if batch.atomic else BEST_EFFORT
        self._try(
            [
                self._reject(error, replace(posted, body=_request(header, mode, elements), content_type=MEDIA_TYPE))
                for error, elements in culprits
            ]
        )

    def _reject(self, error: CallerError, posted: Posted) -> Reject:
        return Reject(
            source=self._source,
            message_id=translation_of(error).message_id,
            field=field_of(error),
            reason=str(error),
            body=posted.body,
            content_type=posted.content_type,
            caller_address=posted.caller_address,
            principal=posted.principal,
        )

    def _try(self, rejects: list[Reject]) -> None:
        if self._keep is None or not rejects:
            return
        try:
            self._keep(rejects)
        except UsageServiceError:
            log.exception("a refused request could not be kept", extra={"message_id": rejects[0].message_id})


def _request(header: etree._Element | None, mode: str, records: Sequence[etree._Element]) -> bytes:
    """Records as a request. The header's keys stay away: they belong to the records' old places."""
    envelope = etree.Element(ENVELOPE, nsmap={"soapenv": SOAP_ENVELOPE, "u": LEDGER})
    blocks = [block for block in header if local_name(block.tag) == "twssHeaders"] if header is not None else []
    if blocks:
        etree.SubElement(envelope, HEADER).extend(deepcopy(block) for block in blocks)
    operation = etree.SubElement(etree.SubElement(envelope, BODY), qualified(LEDGER, OPERATION))
    etree.SubElement(operation, qualified(LEDGER, "mode")).text = mode
    operation.extend(deepcopy(record) for record in records)
    return etree.tostring(envelope, encoding="UTF-8", xml_declaration=True)
