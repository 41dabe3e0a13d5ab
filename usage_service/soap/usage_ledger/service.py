"""The Usage Ledger as a Spyne service. Each operation is three beats: unwrap, call, wrap."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from usage_service.auth.callers import Right
from usage_service.errors import Unreadable
from usage_service.ledger.model import EVERY_SERVICE, Reject, StoredRecord
from usage_service.ledger.replaying import Reread, answerable, check_batch_size
from usage_service.ledger.services import Ledger
from usage_service.record import UsageRecord
from usage_service.soap.engine import Call, Models, Operation, Wsgi, service_of, wsgi_of
from usage_service.soap.envelope import LEDGER, Envelope, local_name, namespace_of, read_envelope
from usage_service.soap.faults import LEDGER_FAULT, LEDGER_FORM, FaultShape, WireForm
from usage_service.soap.headers import Posted, read_headers
from usage_service.soap.schema import ContractSchema
from usage_service.soap.usage_ledger import answers as wrap
from usage_service.soap.usage_ledger import requests as unwrap
from usage_service.soap.usage_ledger.answers import interaction
from usage_service.soap.usage_ledger.batch import (
    ATOMIC,
    OPERATION,
    RECORD,
    Batch,
    KeyedRecord,
    make_item,
    read_record,
    split_off_refused,
)
from usage_service.soap.usage_ledger.rejects import SoapRejects

MAX_NODES = 200_000  # a thousand records of some sixty properties


@dataclass(frozen=True, slots=True)
class UsageLedgerContract:
    """Strict: the contract is ours, and what it allows is what is taken."""

    schema: ContractSchema
    form: WireForm = LEDGER_FORM
    fault: FaultShape = LEDGER_FAULT
    max_nodes: int = MAX_NODES

    def read(self, envelope: Envelope, call: Call) -> etree._Element:
        """The request, checked; of a batch, the records that the schema does not allow are set aside."""
        operation = envelope.operation
        name = local_name(operation.tag)
        if namespace_of(operation.tag) != LEDGER or f"{name}Response" not in self.schema.messages:
            raise Unreadable(f"unknown operation {operation.tag[:200]}")
        call.operation = name
        call.header = envelope.header
        call.context = read_headers(envelope.header)
        if call.operation == OPERATION:
            call.records = operation.findall(RECORD)
            check_batch_size(len(call.records))
            call.refused = split_off_refused(self.schema, operation)
        else:
            self.schema.check(operation)
        return operation

    def shape(self, answer: etree._Element, call: Call) -> None:
        """As it is."""

    def again(self, reject: Reject) -> Reread:
        """The batch of a request that was refused before; raises `CallerError`."""
        call = Call(Posted(reject.body, reject.content_type, reject.caller_address))
        operation = self.read(read_envelope(reject.body, reject.content_type, self.max_nodes), call)
        if call.operation != OPERATION:
            raise Unreadable("it is not a request that writes records")
        batch = batch_of(call, operation[0].text or "", map(read_record, operation.findall(RECORD)))
        items = [
            replace(item, principal=reject.principal) if isinstance(item, UsageRecord) else item for item in batch.items
        ]
        return Reread(items, batch.atomic)


class LedgerOperations:
    """What each operation does, given Spyne's object for its request; returns its answer by element name."""

    def __init__(self, ledger: Callable[[], Ledger], rejects: SoapRejects) -> None:
        """`ledger` is asked for at each call: it is opened when the service starts."""
        self._open = ledger
        self._rejects = rejects

    @property
    def _ledger(self) -> Ledger:
        return self._open()

    def table(self) -> dict[str, Operation]:
        """Every operation of the contract, by name."""
        return {
            "writeUsageRecords": self._write,
            "getUsageRecord": self._get,
            "queryUsageRecords": self._query,
            "voidUsageRecord": self._void,
            "correctUsageRecord": self._correct,
            "getRecordHistory": self._history,
            "summarizeUsage": self._summarize,
            "closePeriod": self._close,
            "reopenPeriod": self._reopen,
            "listClosedPeriods": self._list_closed,
            "getCompleteness": self._completeness,
            "listRejects": self._list_rejects,
            "getReject": self._get_reject,
            "replayReject": self._replay,
            "traceInteraction": self._trace,
        }

    def _write(self, call: Call, request: Any) -> wrap.Fields:
        batch = batch_of(call, request.mode, map(unwrap.new_record, request.record or ()))
        outcomes = answerable(self._ledger.record_many(batch.items, atomic=batch.atomic), atomic=batch.atomic)
        self._rejects.keep_records(batch, outcomes, header=call.header, posted=call.posted)
        return {"verdict": [wrap.verdict(outcome) for outcome in outcomes]}

    def _get(self, call: Call, request: Any) -> wrap.Fields:
        return {"record": wrap.stored_record(self._permitted(call, request.recordID))}

    def _query(self, call: Call, request: Any) -> wrap.Fields:
        wanted = unwrap.record_filter(request)
        require(call, wanted.service)
        page = self._ledger.records.page(wanted, size=unwrap.page_size(request.pageSize), cursor=request.cursor)
        return {"record": [wrap.stored_record(stored) for stored in page.records], "nextCursor": page.cursor}

    def _void(self, call: Call, request: Any) -> wrap.Fields:
        self._permitted(call, request.recordID, Right.ADJUST)
        reason = unwrap.reason(request, call.posted.principal)
        done = self._ledger.adjustments.void(request.recordID, reason)
        return {"adjustment": wrap.adjustment(done)}

    def _correct(self, call: Call, request: Any) -> wrap.Fields:
        self._permitted(call, request.recordID, Right.ADJUST)
        replacement = unwrap.replacement(request.replacement, call.context, call.posted)
        done = self._ledger.adjustments.correct(
            request.recordID, replacement, unwrap.reason(request, call.posted.principal)
        )
        return {"adjustment": wrap.adjustment(done)}

    def _history(self, call: Call, request: Any) -> wrap.Fields:
        self._permitted(call, request.recordID)
        entries = self._ledger.adjustments.history(request.recordID)
        return {"entry": [wrap.history_entry(entry) for entry in entries]}

    def _summarize(self, call: Call, request: Any) -> wrap.Fields:
        query = unwrap.summary_query(request)
        require(call, query.wanted.service)
        rows = self._ledger.summaries.summarize(query)
        summed = query.sum_property is not None
        return {"group": [wrap.usage_group(row, query.property_names, summed=summed) for row in rows]}

    def _close(self, call: Call, request: Any) -> wrap.Fields:
        period = unwrap.period(request)
        require(call, period.service, Right.CLOSE_PERIODS)
        closed, count = self._ledger.periods.close(period, actor=request.actor, reason=request.reason)
        return {"period": wrap.closed_period(closed), "recordCount": str(count)}

    def _reopen(self, call: Call, request: Any) -> wrap.Fields:
        period = unwrap.period(request)
        require(call, period.service, Right.CLOSE_PERIODS)
        self._ledger.periods.reopen(period, actor=request.actor, reason=request.reason)
        return {}

    def _list_closed(self, _call: Call, request: Any) -> wrap.Fields:
        covering = (EVERY_SERVICE, request.service)
        found = [
            closed
            for closed in self._ledger.periods.closed()
            if request.service is None or closed.period.service in covering
        ]
        return {"period": [wrap.closed_period(closed) for closed in found]}

    def _completeness(self, call: Call, request: Any) -> wrap.Fields:
        require(call, request.source)
        found = self._ledger.sequences.completeness(request.source)
        return {"completeness": [wrap.source_completeness(one) for one in found]}

    def _list_rejects(self, call: Call, request: Any) -> wrap.Fields:
        require(call, None)
        size, open_only = unwrap.page_size(request.pageSize), unwrap.flag(request.openOnly)
        after = unwrap.reject_cursor(request.cursor)
        found = self._ledger.rejects.find(source=request.source, open_only=open_only, after=after, limit=size)
        return {
            "reject": [wrap.kept_reject(kept) for kept in found],
            "nextCursor": found[-1].reject_id if len(found) == size else None,
        }

    def _get_reject(self, call: Call, request: Any) -> wrap.Fields:
        require(call, None)
        return {"reject": wrap.kept_reject(self._ledger.rejects.get(request.rejectID), with_body=True)}

    def _replay(self, call: Call, request: Any) -> wrap.Fields:
        require(call, None)
        outcomes = self._ledger.replays.replay(request.rejectID, actor=unwrap.actor(request))
        return {"verdict": [wrap.verdict(outcome) for outcome in outcomes]}

    def _trace(self, call: Call, request: Any) -> wrap.Fields:
        require(call, None)
        traced = self._ledger.trace_interaction(request.identifier.strip())
        return {"interaction": [interaction(found) for found in traced["interactions"]]}

    def _permitted(self, call: Call, record_id: str, *rights: Right) -> StoredRecord:
        stored = self._ledger.records.get(record_id)
        require(call, stored.record.service, *rights)
        return stored


def require(call: Call, service: str | None, *rights: Right) -> None:
    """Raise `NotAllowed` unless the caller may act for this service, with these rights; None: for every service."""
    call.posted.require(service or EVERY_SERVICE, *rights)


def batch_of(call: Call, mode: str, records: Iterable[KeyedRecord]) -> Batch:
    """The batch of a request: `records` are those that the schema allows, in their order."""
    allowed = iter(records)
    items = [
        call.refused.get(place) or make_item(next(allowed), call.context, place + 1, call.posted)
        for place in range(len(call.records))
    ]
    return Batch(mode.strip() == ATOMIC, items, call.records)


def build_usage_ledger_wsgi(
    contract: UsageLedgerContract, models: Models, operations: Mapping[str, Operation], rejects: SoapRejects
) -> Wsgi:
    """The Usage Ledger as a WSGI application."""
    return wsgi_of(service_of("UsageLedger", models, operations), contract, rejects.keep_request)
