"""Usage Billing as a Spyne service. Each operation is three beats: unwrap, call, wrap."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from lxml import etree

from usage_service.errors import InvalidValue, NotFound, Unreadable
from usage_service.soap.engine import Call, Models, Operation, Wsgi, not_kept, service_of, wsgi_of
from usage_service.soap.envelope import Envelope, local_name, namespace_of
from usage_service.soap.faults import OWN_TEXTS, FaultShape, TypedFault, WireForm
from usage_service.soap.schema import ContractSchema
from usage_service.soap.usage_ledger.answers import Fields
from usage_service.soap.usage_ledger.requests import page_size, required_moment
from usage_service.soap.usage_ledger.service import require
from usage_service.systems.bridge_billing import answers as wrap
from usage_service.systems.bridge_billing.accounts import AccountKey
from usage_service.systems.bridge_billing.allocation import Suspended
from usage_service.systems.bridge_billing.assigning import Login, WhenMissing
from usage_service.systems.bridge_billing.books import Books
from usage_service.systems.bridge_billing.calculating import suspended
from usage_service.systems.bridge_billing.closing import closing_run
from usage_service.systems.bridge_billing.enrolment import Enrolment
from usage_service.systems.bridge_billing.imports import Import, superseded
from usage_service.systems.bridge_billing.periods import Period
from usage_service.systems.bridge_billing.rated import Rules

BILLING = "urn:usage-service:billing:v1"
BILLING_FORM = WireForm(BILLING)
BILLING_FAULT = TypedFault("BillingFault", names_field=True, texts=OWN_TEXTS)
MAX_NODES = 1_000


@dataclass(frozen=True, slots=True)
class UsageBillingContract:
    """Strict: the contract is ours, and what it allows is what is taken."""

    schema: ContractSchema
    form: WireForm = BILLING_FORM
    fault: FaultShape = BILLING_FAULT
    max_nodes: int = MAX_NODES

    def read(self, envelope: Envelope, call: Call) -> etree._Element:
        """The request, checked against the schema."""
        operation = envelope.operation
        if namespace_of(operation.tag) != BILLING:
            raise Unreadable(f"unknown operation {operation.tag[:200]}")
        call.operation = local_name(operation.tag)
        self.schema.check(operation)
        return operation

    def shape(self, answer: etree._Element, call: Call) -> None:
        """As it is."""


class UnfinishedImports(Protocol):
    """Where interrupted imports are listed."""

    def unfinished(self) -> Sequence[Import]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Billing:
    """Everything that the operations call."""

    books: Books
    enrolment: Enrolment
    unfinished: UnfinishedImports
    rules: Rules
    when_missing: WhenMissing
    month: Callable[[str], Period]


class BillingOperations:
    """What each operation does, given Spyne's object for its request; returns its answer by element name."""

    def __init__(self, billing: Billing) -> None:
        self._billing = billing

    def table(self) -> dict[str, Operation]:
        """Every operation of the contract, by name."""
        return {
            "registerAccount": self._register,
            "confirmAssignment": self._confirm,
            "getImportStatus": self._status,
            "getAggregates": self._aggregates,
            "listSuspense": self._suspense,
        }

    def _register(self, call: Call, request: Any) -> Fields:
        require(call, request.service)
        key = AccountKey(request.service, request.externalId)
        account = self._billing.enrolment.register_account(key, request.userKey, request.customerId)
        return {"account": wrap.account(account)}

    def _confirm(self, call: Call, request: Any) -> Fields:
        require(call, request.service)
        login = Login(
            at=required_moment("loginTime", request.loginTime),
            sequencenumber=request.sequencenumber,
            evidence=request.evidence,
        )
        key = AccountKey(request.service, request.externalId)
        found = self._billing.enrolment.confirm(key, login, self._billing.when_missing)
        return {"assignment": wrap.assignment(found) if found is not None else None}

    def _status(self, call: Call, request: Any) -> Fields:
        require(call, None)
        ledger = self._billing.books.imports.ledger()
        gone = superseded(ledger)
        files = [wrap.imported_file(each, superseded=each.sha256 in gone) for each in ledger]
        files += map(wrap.interrupted_file, self._billing.unfinished.unfinished())
        wanted = {"period": request.period, "sha256": request.sha256}
        return {"file": [each for each in files if all(value in (None, each[name]) for name, value in wanted.items())]}

    def _aggregates(self, call: Call, request: Any) -> Fields:
        require(call, None)
        runs = self._billing.books.runs
        final = closing_run(runs.closings(), request.period)
        wanted = request.runId or final
        run = runs.run(wanted) if wanted else runs.latest(request.period)
        if run is None or run.inputs.period.name != request.period:
            raise NotFound("billing run of", request.period)
        return wrap.run(run, closed=run.run_id == final)

    def _suspense(self, call: Call, request: Any) -> Fields:
        require(call, None)
        size, start = page_size(request.pageSize), _place(request.cursor)
        waiting = suspended(self._billing.books, self._billing.month(request.period), self._billing.rules)
        found: list[Suspended] = list(islice(waiting, start, start + size + 1))
        more = str(start + size) if len(found) > size else None
        return {"line": [wrap.suspended_line(each) for each in found[:size]], "nextCursor": more}


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise InvalidValue("cursor", "is not one that was given out")
    return int(cursor)


def build_usage_billing_wsgi(
    contract: UsageBillingContract, models: Models, operations: Mapping[str, Operation]
) -> Wsgi:
    """Usage Billing as a WSGI application."""
    return wsgi_of(service_of("UsageBilling", models, operations), contract, not_kept)
