"""The wiring of contracts: what reads the requests of each, and where their documents are served."""

from pathlib import Path

from usage_service.settings import Settings
from usage_service.soap.contract import contract_folder, contract_schema, served_contract
from usage_service.soap.usage_ledger_service import UsageLedgerContract
from usage_service.soap.usage_record_service import RecordReader, UsageRecordContract
from usage_service.soap.write_request import MakeRecord

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
