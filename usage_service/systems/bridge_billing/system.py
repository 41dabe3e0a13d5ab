"""Wiring of conference-bridge billing: books, rules and layout from settings.

Wiring of what takes CDR files in: the books together with the ledger of usage records.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from usage_service import record_ids
from usage_service.database.database import Database
from usage_service.errors import ConfigurationError
from usage_service.ledger.system import open_adjustments, open_commit_queue
from usage_service.ledger.upsert import Upserts
from usage_service.settings import Settings
from usage_service.soap.endpoint import SoapEndpoint
from usage_service.soap.endpoints import USAGE_BILLING_CONTRACT, USAGE_BILLING_PATH, public_address
from usage_service.soap.engine import models_of
from usage_service.soap.schema import contract_folder, contract_schema, schema_element, served_contracts
from usage_service.systems.bridge_billing.allocation import Mode
from usage_service.systems.bridge_billing.assigning import WhenMissing
from usage_service.systems.bridge_billing.books import Books
from usage_service.systems.bridge_billing.calculating import calculate
from usage_service.systems.bridge_billing.cdr_workbook.layout import Layout, parse_layout, shipped_layout
from usage_service.systems.bridge_billing.cdr_workbook.reading import CdrFile, Tally
from usage_service.systems.bridge_billing.enrolment import Enrolment
from usage_service.systems.bridge_billing.importing import import_lines
from usage_service.systems.bridge_billing.imports import Import
from usage_service.systems.bridge_billing.money import Rounding
from usage_service.systems.bridge_billing.periods import Period, month
from usage_service.systems.bridge_billing.posting import AUTHOR, Unposted
from usage_service.systems.bridge_billing.postings import Postings
from usage_service.systems.bridge_billing.rated import Rules
from usage_service.systems.bridge_billing.settings import BillingSettings
from usage_service.systems.bridge_billing.soap import (
    BILLING_FAULT,
    BILLING_FORM,
    Billing,
    BillingOperations,
    UsageBillingContract,
    build_usage_billing_wsgi,
)
from usage_service.systems.bridge_billing.store import BillingDirectory, BillingRuns, ImportedFiles
from usage_service.systems.system import Core, Served, System


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


def billing_rules(settings: BillingSettings) -> Rules:
    """The configured rules of a run."""
    return Rules(
        mode=Mode(settings.mode),
        rounding=Rounding(settings.rounding),
        max_age=timedelta(days=settings.max_age_days),
    )


def billing_month(settings: BillingSettings, name: str) -> Period:
    """The month `YYYY-MM` in the configured zone."""
    try:
        return month(name, ZoneInfo(settings.time_zone))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigurationError(f"billing.time_zone: there is no zone {settings.time_zone}") from error


def billing_layout(name: str) -> Layout:
    """A shipped layout by name, or the one in a TOML file."""
    if not name.endswith(".toml"):
        return shipped_layout(name)
    try:
        return parse_layout(Path(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"cannot read the layout {name}: {error}") from error


def serve_billing(core: Core) -> Served:
    """The SOAP endpoint of Usage Billing."""
    settings, database = core.settings, core.database
    group = settings.group(BillingSettings)
    file = contract_folder(settings.wsdl_folder) / USAGE_BILLING_CONTRACT
    billing = Billing(
        books=billing_books(database),
        enrolment=enrolment(database),
        unfinished=imported_files(database),
        rules=billing_rules(group),
        when_missing=WhenMissing(group.when_missing),
        month=partial(billing_month, group),
    )
    endpoint = SoapEndpoint(
        contracts=served_contracts(file.parent, [("", file.name)], public_address(settings, USAGE_BILLING_PATH)),
        wsgi=build_usage_billing_wsgi(
            UsageBillingContract(contract_schema(file)),
            models_of(schema_element(file)),
            BillingOperations(billing).table(),
        ),
        answer_fast=None,
        max_body_bytes=settings.max_body_bytes,
        authentication=core.authentication,
        form=BILLING_FORM,
        fault=BILLING_FAULT,
    )
    return Served(hot={USAGE_BILLING_PATH: endpoint})


def now() -> datetime:
    """The time in UTC."""
    return datetime.now(UTC)


def issue_id() -> str:
    """A fresh id."""
    (issued,) = record_ids.new_record_ids(1)
    return issued


@contextmanager
def billing_books_with_ledger(settings: Settings, database: Database) -> Iterator[Books]:
    """The books with the ledger, which calculating a period needs."""
    recorder = open_commit_queue(settings, database, BRIDGE_BILLING.catalog)
    adjustments = open_adjustments(settings, database)
    ledger = Upserts(database, recorder.record_many, adjustments, AUTHOR)
    try:
        yield billing_books(database)._replace(postings=Postings(database), ledger=ledger)
    finally:
        recorder.close()


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes files in and calculates their periods.

    `reading` and `rating` hear how many lines are done, `unposted` which usage records do not say what their lines say.
    All of it can be done again at any time, so the way out of a crash is to type the same command again.
    """

    books: Books
    settings: BillingSettings
    reading: Callable[[int], None]
    rating: Callable[[int], None]
    unposted: Unposted

    def take(self, name: str, file: CdrFile, period: Period, corrects: str | None = None) -> tuple[Tally, bool]:
        """Take a file in; says what was read, and whether it was new."""
        wanted = Import(
            sha256=file.sha256,
            name=name,
            layout=file.layout.identity,
            sheet=file.sheet.name,
            period=period.name,
            corrects=corrects,
        )
        tally = Tally()
        fresh = import_lines(self.books, wanted, file.read(tally), now=now(), progress=self.reading)
        calculate(
            self.books, period, billing_rules(self.settings), now=now(), progress=self.rating, unposted=self.unposted
        )
        return tally, fresh


_FOLDER = Path(__file__).parent
BRIDGE_BILLING = System(settings=BillingSettings, catalog=(_FOLDER / "pgi.toml",), serve=serve_billing)
"""Conference-bridge CDR workbooks billed to cost centres."""
