"""The wiring of contracts: what reads the requests of each, and where their documents are served.

The wiring of the SOAP endpoints of the Usage Record component and of the Usage Ledger.

The wiring of the Usage Ledger's operations.
"""

from collections.abc import Callable
from pathlib import Path

from usage_service import record_ids
from usage_service.auth.authentication import Authentication, open_rights
from usage_service.database.database import Database
from usage_service.ledger.commit_queue import CommitQueue
from usage_service.ledger.completeness import SourceSequences
from usage_service.ledger.records import Records
from usage_service.ledger.replaying import Replays
from usage_service.ledger.services import Ledger, TraceInteraction
from usage_service.ledger.summaries import Summaries
from usage_service.ledger.system import open_adjustments, open_periods, open_rejects
from usage_service.settings import Settings
from usage_service.soap.endpoint import SoapEndpoint
from usage_service.soap.engine import models_of
from usage_service.soap.faults import LEDGER_FAULT, LEDGER_FORM
from usage_service.soap.schema import (
    contract_folder,
    contract_schema,
    schema_element,
    served_contract,
    served_contracts,
)
from usage_service.soap.usage_ledger.batch_fast_path import BatchFastPath, FastBatches
from usage_service.soap.usage_ledger.rejects import LEDGER_REJECT, USAGE_RECORD_REJECT, SoapRejects
from usage_service.soap.usage_ledger.service import LedgerOperations, UsageLedgerContract, build_usage_ledger_wsgi
from usage_service.soap.usage_record.fast_path import FastPath, FastWrites, ResponseTemplate
from usage_service.soap.usage_record.request import MakeRecord
from usage_service.soap.usage_record.service import (
    RecordReader,
    UsageRecordContract,
    build_usage_record_wsgi,
)

USAGE_RECORD_PATHS = ("/UsageRecordService/services/UsageRecord", "/soap/usage-record")
USAGE_LEDGER_CONTRACT = "UsageLedger.wsdl"
USAGE_LEDGER_PATH = "/soap/usage-ledger"
USAGE_BILLING_CONTRACT = "UsageBilling.wsdl"
USAGE_BILLING_PATH = "/soap/usage-billing"
PATHS = {USAGE_LEDGER_CONTRACT: USAGE_LEDGER_PATH, USAGE_BILLING_CONTRACT: USAGE_BILLING_PATH}
"""Where each contract is served; the documents that are not named here belong to the Usage Record component."""


def record_reader(settings: Settings) -> RecordReader:
    """What reads requests of the Usage Record component."""
    schema = contract_schema(contract_folder(settings.wsdl_folder) / "UsageRecordInterface.wsdl")
    contract = UsageRecordContract(schema, frozenset(settings.alias_namespaces), settings.element_form)
    return RecordReader(contract, MakeRecord(settings.unequal_arrays == "lenient", settings.usage_policies))


def ledger_contract(settings: Settings) -> UsageLedgerContract:
    """What reads requests of the Usage Ledger."""
    return UsageLedgerContract(contract_schema(contract_folder(settings.wsdl_folder) / USAGE_LEDGER_CONTRACT))


def public_address(settings: Settings, path: str = USAGE_RECORD_PATHS[0]) -> str:
    """The URL of a contract's endpoint as clients see it."""
    return (settings.public_url.rstrip("/") or f"http://localhost:{settings.port}") + path


def document_address(settings: Settings, document: Path) -> str:
    """The URL that a contract's document names."""
    return public_address(settings, PATHS.get(document.name, USAGE_RECORD_PATHS[0]))


def contract_documents(settings: Settings) -> dict[str, bytes]:
    """Every WSDL file under every folder that a relative import can be resolved against."""
    folders = {path.rpartition("/")[0] for path in USAGE_RECORD_PATHS}
    return {
        f"{folder}/{file.name}": served_contract(file, document_address(settings, file))
        for folder in folders
        for file in contract_folder(settings.wsdl_folder).glob("*.wsdl")
    }


USAGE_RECORD_CONTRACTS = (
    ("", "UsageRecord.wsdl"),
    ("unqualified", "UsageRecord-unqualified.wsdl"),
)


def usage_record_endpoint(
    settings: Settings, queue: CommitQueue, rejects: SoapRejects, authentication: Authentication | None
) -> SoapEndpoint:
    """IBM's one operation, with its fast path. The queue speaks of ids as they are in the tables."""
    folder = contract_folder(settings.wsdl_folder)
    reader = record_reader(settings)
    response_child = settings.response_child_name
    wire_id = wire_ids(settings)
    fast_path = FastPath(reader.make_record, reader.contract.aliases, reader.contract.element_form)
    writes = FastWrites(fast_path, queue.submit, ResponseTemplate(response_child), wire_id)
    return SoapEndpoint(
        contracts=served_contracts(folder, USAGE_RECORD_CONTRACTS, public_address(settings)),
        wsgi=build_usage_record_wsgi(
            reader,
            lambda record: wire_id(queue.record(record).record_id),
            rejects.keep_request,
            response_child=response_child,
        ),
        answer_fast=writes.answer if settings.fast_path else None,
        take_fast=writes.take if settings.fast_path else None,
        max_body_bytes=settings.max_body_bytes,
        authentication=authentication,
        form=reader.contract.form,
    )


def usage_ledger_endpoint(
    settings: Settings, queue: CommitQueue, ledger: Ledger, rejects: SoapRejects, authentication: Authentication | None
) -> SoapEndpoint:
    """The operations of the ledger, with the fast path of batches."""
    file = contract_folder(settings.wsdl_folder) / USAGE_LEDGER_CONTRACT
    contract = ledger_contract(settings)
    operations = LedgerOperations(lambda: ledger, rejects).table()
    fast_path = BatchFastPath(contract.schema, contract.max_nodes)
    return SoapEndpoint(
        contracts=served_contracts(file.parent, [("", file.name)], public_address(settings, USAGE_LEDGER_PATH)),
        wsgi=build_usage_ledger_wsgi(contract, models_of(schema_element(file)), operations, rejects),
        answer_fast=FastBatches(fast_path, queue.record_many_soon, rejects).answer if settings.fast_path else None,
        max_body_bytes=settings.max_batch_bytes,
        max_nodes=contract.max_nodes,
        authentication=authentication,
        form=LEDGER_FORM,
        fault=LEDGER_FAULT,
    )


def wire_ids(settings: Settings) -> Callable[[str], str]:
    """How a record's id is written in an answer."""
    if settings.response_child_type == "long":
        return lambda record_id: str(record_ids.number_from_record_id(record_id))
    return str


def open_replays(settings: Settings, database: Database, queue: CommitQueue) -> Replays:
    """What replays the rejects of this database."""
    readers = {
        USAGE_RECORD_REJECT: record_reader(settings).again,
        LEDGER_REJECT: ledger_contract(settings).again,
    }
    return Replays(open_rejects(settings, database), queue.record_many, readers, open_rights(settings))


def open_ledger(
    settings: Settings, database: Database, queue: CommitQueue, trace_interaction: TraceInteraction
) -> Ledger:
    """Everything that the operations of the Usage Ledger call."""
    return Ledger(
        record_many=queue.record_many,
        records=Records(database),
        adjustments=open_adjustments(settings, database),
        periods=open_periods(settings, database),
        sequences=SourceSequences(database),
        summaries=Summaries(database),
        rejects=open_rejects(settings, database),
        replays=open_replays(settings, database, queue),
        trace_interaction=trace_interaction,
    )
