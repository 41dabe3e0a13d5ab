"""Imported CDR files in the store.

A chunk of rows is one transaction, and chunks are stored in file order: after a crash, what is there is the beginning
of the file, and the import goes on behind it.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select
from sqlalchemy.engine import RowMapping

from usage_service.billing.books import Item
from usage_service.billing.cdr import CdrLine, Rejected
from usage_service.billing.imports import Import, ImportFile
from usage_service.billing.rows import line_from, line_row, reject_from, reject_row
from usage_service.errors import Conflict, NotFound, NotStored
from usage_service.store.billing_tables import cdr_line, cdr_reject, import_begun, import_file, import_total
from usage_service.store.database import Database, insert_unless_there
from usage_service.store.tables import usage_reject

CHUNK_ROWS = 2_000
BAD_ROW = "BILL0001E"
"""Message id of a row that could not be read as a line."""

IssueIds = Callable[[int], list[str]]


class ImportedFiles:
    """Keeps imported files and their lines."""

    def __init__(self, database: Database, *, issue_ids: IssueIds) -> None:
        self._database = database
        self._issue_ids = issue_ids

    def ledger(self) -> list[ImportFile]:
        """Every file that was taken in completely, in the order of that."""
        query = select(import_begun, import_file.c.imported_at, import_file.c.rows).join(
            import_file, import_file.c.sha256 == import_begun.c.sha256
        )
        with self._database.connect() as connection:
            totals: dict[str, list[tuple[str, Any]]] = {}
            for row in connection.execute(select(import_total).order_by(import_total.c.currency)):
                totals.setdefault(row.sha256, []).append((row.currency, row.amount))
            return [
                ImportFile(
                    sha256=row.sha256,
                    name=row.name,
                    layout=row.layout,
                    period=row.period,
                    imported_at=row.imported_at,
                    rows=row.rows,
                    totals=tuple(totals.get(row.sha256, ())),
                    corrects=row.corrects,
                )
                for row in connection.execute(query.order_by(import_file.c.imported_at, import_file.c.sha256))
            ]

    def unfinished(self) -> list[Import]:
        """Imports that began and never came to their end."""
        done = select(import_file.c.sha256)
        with self._database.connect() as connection:
            rows = connection.execute(select(import_begun).where(import_begun.c.sha256.not_in(done))).mappings()
            return [_import(row) for row in rows]

    def begin(self, file: Import, at: datetime) -> int:
        """Open an import, or the interrupted one again; returns how many items it has already.

        An interrupted import that was read differently (another layout, period …) begins again from nothing.
        """
        row = {name: getattr(file, name) for name in _IMPORT_COLUMNS}
        with self._database.transaction() as connection:
            known = connection.execute(select(import_begun).where(import_begun.c.sha256 == file.sha256)).mappings()
            before = next((_import(each) for each in known), None)
            if before == file:
                return _count(connection, file.sha256)
            if before is not None:
                _forget(connection, file.sha256)
            connection.execute(insert(import_begun).values(row | {"begun_at": at}))
            return 0

    def add(self, file: Import, items: Sequence[Item]) -> None:
        """Keep lines and rejects, all or none."""
        lines = [line_row(item) for item in items if isinstance(item, CdrLine)]
        rejects = [item for item in items if isinstance(item, Rejected)]
        ids = self._issue_ids(len(rejects)) if rejects else []
        with self._database.transaction() as connection:
            if lines:
                connection.execute(insert(cdr_line), lines)
            if rejects:
                rows = [reject_row(item) | {"reject_id": each} for item, each in zip(rejects, ids, strict=True)]
                connection.execute(insert(cdr_reject), rows)
                kept = [_usage_reject(item, each) for item, each in zip(rejects, ids, strict=True)]
                connection.execute(insert(usage_reject), kept)

    def finish(self, file: Import, totals: ImportFile) -> None:
        """From now on the file counts. Raises `NotStored` unless every item is there, `Conflict` for a late rival."""
        row = {
            "sha256": file.sha256,
            "imported_at": totals.imported_at,
            "rows": totals.rows,
            "corrects": file.corrects,
        }
        amounts = [
            {"sha256": file.sha256, "currency": currency, "amount": amount} for currency, amount in totals.totals
        ]
        with self._database.transaction() as connection:
            if _count(connection, file.sha256) != totals.rows:
                raise NotStored(f"not all rows of {file.name} are there")
            if not insert_unless_there(connection, import_file, row):
                raise Conflict(f"{file.name}, or a correction of the same file, was taken in meanwhile")
            if amounts:
                connection.execute(insert(import_total), amounts)

    def chunks(self, sha256: str) -> Iterator[list[Item]]:
        """The lines and rejects of a file, in row order, some thousand at a time."""
        file = self._file(sha256)
        last = 0
        while rows := self._rows(file, last):
            yield rows
            last = rows[-1].position.row

    def _file(self, sha256: str) -> Import:
        with self._database.connect() as connection:
            found = connection.execute(select(import_begun).where(import_begun.c.sha256 == sha256)).mappings().first()
        if found is None:
            raise NotFound("imported file", sha256)
        return _import(found)

    def _rows(self, file: Import, after: int) -> list[Item]:
        with self._database.connect() as connection:
            lines = [line_from(row, file) for row in _next(connection, cdr_line, file.sha256, after)]
            rejects = [reject_from(row, file) for row in _next(connection, cdr_reject, file.sha256, after)]
        items: list[Item] = [*lines, *rejects]
        return sorted(items, key=lambda item: item.position.row)[:CHUNK_ROWS]


_IMPORT_COLUMNS = ("sha256", "name", "layout", "sheet", "period", "corrects")


def _import(row: RowMapping) -> Import:
    return Import(**{name: row[name] for name in _IMPORT_COLUMNS})


def _next(connection: Connection, table: Table, sha256: str, after: int) -> Sequence[RowMapping]:
    rows = select(table).where(table.c.file_sha256 == sha256, table.c.row_no > after)
    return connection.execute(rows.order_by(table.c.row_no).limit(CHUNK_ROWS)).mappings().all()


def _count(connection: Connection, sha256: str) -> int:
    return sum(
        connection.execute(select(func.count()).select_from(table).where(table.c.file_sha256 == sha256)).scalar_one()
        for table in (cdr_line, cdr_reject)
    )


def _forget(connection: Connection, sha256: str) -> None:
    """Take back what an interrupted import had stored; nothing of it ever counted."""
    if connection.execute(select(import_file).where(import_file.c.sha256 == sha256)).first() is not None:
        raise Conflict(f"the file {sha256} was taken in before")
    for table in (cdr_line, cdr_reject):
        connection.execute(delete(table).where(table.c.file_sha256 == sha256))
    connection.execute(delete(import_begun).where(import_begun.c.sha256 == sha256))


def _usage_reject(item: Rejected, reject_id: str) -> dict[str, Any]:
    body = item.raw.encode()
    return {
        "reject_id": reject_id,
        "rejected_at": datetime.now(UTC),
        "source": "billing",
        "message_id": BAD_ROW,
        "field": f"{item.position.sheet} row {item.position.row}",
        "reason": item.reason,
        "content_type": "application/json",
        "body_bytes": len(body),
        "body": body,
    }
