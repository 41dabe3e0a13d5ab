"""What billing needs of whoever keeps its rows: the service's store, or a Django application's own tables."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from usage_service.ledger.upsert import Upserts
from usage_service.systems.bridge_billing.accounts import AccountKey, Customer, ServiceAccount
from usage_service.systems.bridge_billing.allocation import AggregateKey, Snapshot
from usage_service.systems.bridge_billing.assignments import Change, History
from usage_service.systems.bridge_billing.cdr import CdrLine, Rejected
from usage_service.systems.bridge_billing.closing import PeriodEvent
from usage_service.systems.bridge_billing.imports import Import, ImportFile
from usage_service.systems.bridge_billing.runs import Run

Item = CdrLine | Rejected


class Recorded(NamedTuple):
    """A history, and how many changes it is made of: what the next change is counted from."""

    history: History
    changes: int


class DirectoryBooks(Protocol):
    """Customers, accounts and cost centres. Everything is appended."""

    def customers(self) -> Sequence[Customer]: ...

    def put_customer(self, customer: Customer, at: datetime) -> None: ...

    def account(self, key: AccountKey) -> ServiceAccount | None: ...

    def put_account(self, account: ServiceAccount, at: datetime) -> None: ...

    def recorded(self, key: AccountKey) -> Recorded: ...

    def append(self, before: Recorded, changes: Sequence[Change], at: datetime) -> bool:
        """Add changes behind those known; False when another process was quicker and nothing was added."""

    def snapshot(self) -> Snapshot: ...


class ImportBooks(Protocol):
    """Imported files and their lines."""

    def ledger(self) -> Sequence[ImportFile]: ...

    def begin(self, file: Import, at: datetime) -> int:
        """Open an import, or the interrupted one again; returns how many items it has already."""

    def add(self, file: Import, items: Sequence[Item]) -> None:
        """Keep lines and rejects, all or none."""

    def finish(self, file: Import, totals: ImportFile) -> None:
        """From now on the file counts. Raises `NotStored` unless every item is there."""

    def chunks(self, sha256: str) -> Iterator[list[Item]]:
        """The lines and rejects of a file, in row order, some thousand at a time."""


class RunBooks(Protocol):
    """Finished runs, and which periods were closed on them."""

    def keep(self, run: Run, at: datetime) -> None: ...

    def run(self, run_id: str) -> Run: ...

    def latest(self, period: str) -> Run | None: ...

    def closings(self) -> Sequence[PeriodEvent]: ...

    def add_closing(self, event: PeriodEvent) -> None: ...


class Posting(NamedTuple):
    """Which usage record stands for a line, and who paid then. No record: it was voided."""

    file_sha256: str
    row: int
    number: int
    record_id: str | None
    customer_id: str
    sequencenumber: str
    user_key: str

    def pays(self, key: AggregateKey) -> bool:
        """Whether the record says what the key says."""
        mine = (self.customer_id, self.sequencenumber, self.user_key)
        return self.record_id is not None and mine == (key.customer_id, key.sequencenumber, key.user_key)


class PostingBooks(Protocol):
    """Which line became which usage record."""

    def latest(self, sha256: str, first_row: int, last_row: int) -> Mapping[int, Posting]:
        """The postings in force of those rows of a file, by row."""

    def row_hashes(self, sha256: str, first_row: int, last_row: int) -> Mapping[int, str]:
        """The hashes of those lines of a file, by row."""

    def add(self, postings: Sequence[Posting], at: datetime) -> None: ...

    def orphans(self, superseded: str, by: str) -> Iterator[Posting]:
        """Postings in force of a superseded file whose row has none in the file that took its place."""


class Books(NamedTuple):
    """All books together. Without a ledger no usage records are written."""

    directory: DirectoryBooks
    imports: ImportBooks
    runs: RunBooks
    postings: PostingBooks | None = None
    ledger: Upserts | None = None
