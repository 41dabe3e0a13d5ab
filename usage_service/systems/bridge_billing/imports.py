"""The ledger of imported files: a file counts once; a corrected file replaces the one it corrects."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from usage_service.errors import Conflict, NotFound
from usage_service.systems.bridge_billing.runs import FileVersion


@dataclass(frozen=True, kw_only=True, slots=True)
class Import:
    """A file that is to be taken in, before its rows were read."""

    sha256: str
    name: str  # as it was called on arrival
    layout: str  # name, version and hash
    sheet: str
    period: str
    corrects: str | None = None  # sha256 of the file it replaces


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportFile:
    """A file of CDR lines as it was taken in."""

    sha256: str
    name: str  # as it was called on arrival
    layout: str  # name, version and hash
    period: str
    imported_at: datetime  # UTC
    rows: int  # lines and rejects
    totals: tuple[tuple[str, Decimal], ...]  # (currency, unrounded sum of lines and readable rejects)
    corrects: str | None = None  # sha256 of the file it replaces

    @property
    def version(self) -> FileVersion:
        """What a run records of it."""
        return FileVersion(self.sha256, self.layout)


def admit(ledger: Sequence[ImportFile], candidate: ImportFile) -> bool:
    """Whether the file is to be taken in; False when the ledger already has it, so nothing is to be done.

    A file corrects another only when the caller says so. Raises `NotFound` when the file to be corrected is not
    on record, `Conflict` when it belongs to another period or was corrected before.
    """
    if any(file.sha256 == candidate.sha256 for file in ledger):
        return False
    if candidate.corrects is None:
        return True
    corrected = next((file for file in ledger if file.sha256 == candidate.corrects), None)
    if corrected is None:
        raise NotFound("imported file", candidate.corrects)
    if corrected.period != candidate.period:
        raise Conflict(f"{corrected.name} belongs to {corrected.period}, its correction to {candidate.period}")
    if candidate.corrects in superseded(ledger):
        raise Conflict(f"{corrected.name} was corrected before; correct the correction")
    return True


def superseded(ledger: Iterable[ImportFile]) -> frozenset[str]:
    """The hashes of all files that a later file took the place of."""
    return frozenset(file.corrects for file in ledger if file.corrects is not None)


def current(ledger: Sequence[ImportFile], period: str) -> tuple[ImportFile, ...]:
    """The files that count for a period, by hash: the order they were imported in does not matter."""
    gone = superseded(ledger)
    files = (file for file in ledger if file.period == period and file.sha256 not in gone)
    return tuple(sorted(files, key=lambda file: file.sha256))
