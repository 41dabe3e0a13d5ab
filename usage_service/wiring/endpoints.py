"""The wiring of the SOAP endpoints of the Usage Record component and of the Usage Ledger."""

from collections.abc import Callable

from usage_service import record_ids
from usage_service.ledger.services import Ledger
from usage_service.settings import Settings
from usage_service.soap.admission import Admission
from usage_service.soap.answer import ResponseTemplate
from usage_service.soap.batch_lane import BatchLane, FastBatches, RecordManySoon
from usage_service.soap.contract import contract_folder, schema_element, served_contract
from usage_service.soap.endpoint import SoapEndpoint
from usage_service.soap.fast_lane import FastLane, FastWrites, Submit
from usage_service.soap.faults import LEDGER_FAULT, LEDGER_FORM
from usage_service.soap.refusals import Refusals
from usage_service.soap.spyne_models import models_of
from usage_service.soap.usage_ledger_service import LedgerOperations, build_usage_ledger_wsgi
from usage_service.soap.usage_record_service import RecordNow, build_usage_record_wsgi
from usage_service.wiring.contracts import (
    USAGE_LEDGER_CONTRACT,
    USAGE_LEDGER_PATH,
    ledger_contract,
    public_address,
    record_reader,
)

USAGE_RECORD_CONTRACTS = (
    (b"wsdl", "UsageRecord.wsdl"),
    (b"wsdl=unqualified", "UsageRecord-unqualified.wsdl"),
)


def usage_record_endpoint(
    settings: Settings,
    record_now: RecordNow,
    submit: Submit,
    refusals: Refusals,
    admission: Admission | None,
) -> SoapEndpoint:
    """IBM's one operation, with its fast lane. `record_now` and `submit` speak of ids as they are in the tables."""
    folder = contract_folder(settings.wsdl_folder)
    reader = record_reader(settings)
    response_child = settings.response_child_name
    wire_id = wire_ids(settings)
    lane = FastLane(reader.make_record, reader.contract.aliases, reader.contract.element_form)
    writes = FastWrites(lane, submit, ResponseTemplate(response_child), wire_id)
    return SoapEndpoint(
        contracts={
            query: served_contract(folder / file, public_address(settings)) for query, file in USAGE_RECORD_CONTRACTS
        },
        wsgi=build_usage_record_wsgi(
            reader, lambda record: wire_id(record_now(record)), refusals.keep_request, response_child=response_child
        ),
        answer_fast=writes.answer if settings.fast_lane else None,
        take_fast=writes.take if settings.fast_lane else None,
        max_body_bytes=settings.max_body_bytes,
        admission=admission,
        form=reader.contract.form,
    )


def usage_ledger_endpoint(
    settings: Settings,
    ledger: Callable[[], Ledger],
    record_many_soon: RecordManySoon,
    refusals: Refusals,
    admission: Admission | None,
) -> SoapEndpoint:
    """The operations of the ledger, with the fast lane of batches."""
    file = contract_folder(settings.wsdl_folder) / USAGE_LEDGER_CONTRACT
    contract = ledger_contract(settings)
    operations = LedgerOperations(ledger, refusals).table()
    lane = BatchLane(contract.schema, contract.max_nodes)
    return SoapEndpoint(
        contracts={b"wsdl": served_contract(file, public_address(settings, USAGE_LEDGER_PATH))},
        wsgi=build_usage_ledger_wsgi(contract, models_of(schema_element(file)), operations, refusals),
        answer_fast=FastBatches(lane, record_many_soon, refusals).answer if settings.fast_lane else None,
        max_body_bytes=settings.max_batch_bytes,
        admission=admission,
        form=LEDGER_FORM,
        fault=LEDGER_FAULT,
    )


def wire_ids(settings: Settings) -> Callable[[str], str]:
    """How a record's id is written in an answer."""
    if settings.response_child_type == "long":
        return lambda record_id: str(record_ids.number_from_record_id(record_id))
    return lambda record_id: record_id
