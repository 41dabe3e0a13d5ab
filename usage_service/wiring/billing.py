"""Wiring of conference-bridge billing: books, rules and layout from settings."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from usage_service import record_ids
from usage_service.billing.allocation import Mode
from usage_service.billing.assigning import WhenMissing
from usage_service.billing.books import Books
from usage_service.billing.enrolment import Enrolment
from usage_service.billing.money import Rounding
from usage_service.billing.periods import Period, month
from usage_service.billing.rated import Rules
from usage_service.errors import ConfigurationError
from usage_service.settings import Settings
from usage_service.soap.admission import Admission
from usage_service.soap.contract import contract_folder, contract_schema, schema_element, served_contract
from usage_service.soap.endpoint import SoapEndpoint
from usage_service.soap.spyne_models import models_of
from usage_service.soap.usage_billing_service import (
    BILLING_FAULT,
    BILLING_FORM,
    Billing,
    BillingOperations,
    UsageBillingContract,
    build_usage_billing_wsgi,
)
from usage_service.sources.cdr_workbook.layout import Layout, parse_layout, shipped_layout
from usage_service.store.billing_directory import BillingDirectory
from usage_service.store.billing_imports import ImportedFiles
from usage_service.store.billing_runs import BillingRuns
from usage_service.store.database import Database
from usage_service.wiring.contracts import USAGE_BILLING_CONTRACT


def billing_books(database: Database) -> Books:
    """The books without the ledger: enough to register, assign, import and ask."""
    return Books(
        directory=BillingDirectory(database),
        imports=imported_files(database),
        runs=billing_runs(database),
    )


def imported_files(database: Database) -> ImportedFiles:
    """The imported files and their lines."""
    return ImportedFiles(database, issue_ids=record_ids.new_record_ids)


def billing_runs(database: Database) -> BillingRuns:
    """The runs and closed periods."""
    return BillingRuns(database, issue_id=issue_id)


def enrolment(database: Database) -> Enrolment:
    """Registration of customers and accounts, logins and assignments."""
    return Enrolment(billing_books(database), now)


def billing_rules(settings: Settings) -> Rules:
    """The configured rules of a run."""
    return Rules(
        mode=Mode(settings.billing_mode),
        rounding=Rounding(settings.billing_rounding),
        max_age=timedelta(days=settings.billing_max_age_days),
    )


def billing_month(settings: Settings, name: str) -> Period:
    """The month `YYYY-MM` in the configured zone."""
    try:
        return month(name, ZoneInfo(settings.billing_time_zone))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigurationError(f"billing_time_zone: there is no zone {settings.billing_time_zone}") from error


def billing_layout(name: str) -> Layout:
    """A shipped layout by name, or the one in a TOML file."""
    if not name.endswith(".toml"):
        return shipped_layout(name)
    try:
        return parse_layout(Path(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"cannot read the layout {name}: {error}") from error


def usage_billing_endpoint(
    settings: Settings, database: Database, address: str, admission: Admission | None
) -> SoapEndpoint:
    """The SOAP endpoint of Usage Billing."""
    file = contract_folder(settings.wsdl_folder) / USAGE_BILLING_CONTRACT
    billing = Billing(
        books=billing_books(database),
        enrolment=enrolment(database),
        unfinished=imported_files(database),
        rules=billing_rules(settings),
        when_missing=WhenMissing(settings.billing_when_missing),
        month=partial(billing_month, settings),
    )
    return SoapEndpoint(
        contracts={b"wsdl": served_contract(file, address)},
        wsgi=build_usage_billing_wsgi(
            UsageBillingContract(contract_schema(file)),
            models_of(schema_element(file)),
            BillingOperations(billing).table(),
        ),
        answer_fast=None,
        max_body_bytes=settings.max_body_bytes,
        admission=admission,
        form=BILLING_FORM,
        fault=BILLING_FAULT,
    )


def now() -> datetime:
    """The time in UTC."""
    return datetime.now(UTC)


def issue_id() -> str:
    """A fresh id."""
    (issued,) = record_ids.new_record_ids(1)
    return issued
