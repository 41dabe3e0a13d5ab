"""Which CDR line became which usage record."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, select

from usage_service.database.database import Database
from usage_service.systems.bridge_billing.books import Posting
from usage_service.systems.bridge_billing.tables import cdr_line, cdr_posting


class Postings:
    """Keeps which line became which usage record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self, sha256: str, first_row: int, last_row: int) -> Mapping[int, Posting]:
        """The postings in force of those rows of a file, by row."""
        columns = cdr_posting.c
        query = select(cdr_posting).where(
            columns.file_sha256 == sha256, columns.row_no >= first_row, columns.row_no <= last_row
        )
        with self._database.connect() as connection:
            rows = connection.execute(query.order_by(columns.row_no, columns.number))
            return {row.row_no: Posting(*row[:-1]) for row in rows}

    def row_hashes(self, sha256: str, first_row: int, last_row: int) -> Mapping[int, str]:
        """The hashes of those lines of a file, by row."""
        columns = cdr_line.c
        query = select(columns.row_no, columns.row_hash).where(
            columns.file_sha256 == sha256, columns.row_no >= first_row, columns.row_no <= last_row
        )
        with self._database.connect() as connection:
            return {row.row_no: row.row_hash for row in connection.execute(query)}

    def add(self, postings: Sequence[Posting], at: datetime) -> None:
        """Keep postings."""
        names = [column.name for column in cdr_posting.columns]
        rows = [dict(zip(names, (*posting, at), strict=True)) for posting in postings]
        if rows:
            with self._database.transaction() as connection:
                connection.execute(insert(cdr_posting), rows)

    def orphans(self, superseded: str, by: str) -> Iterator[Posting]:
        """Postings in force of a superseded file whose row has none in the file that took its place."""
        columns, later, taken = cdr_posting.c, cdr_posting.alias(), cdr_posting.alias()
        same_row = (later.c.file_sha256 == columns.file_sha256, later.c.row_no == columns.row_no)
        query = select(cdr_posting).where(
            columns.file_sha256 == superseded,
            columns.record_id.is_not(None),
            ~select(later.c.number).where(*same_row, later.c.number > columns.number).exists(),
            ~select(taken.c.number).where(taken.c.file_sha256 == by, taken.c.row_no == columns.row_no).exists(),
        )
        with self._database.connect() as connection:
            rows = connection.execute(query.order_by(columns.row_no)).all()
        return (Posting(*row[:-1]) for row in rows)
