"""Completeness: what a source numbers, we can prove to have."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import insert, select

from usage_service.database.database import Database
from usage_service.ledger.model import Completeness, NumberSpan
from usage_service.ledger.tables import source_completeness, source_gap, source_sequence
from usage_service.record import SequenceNumber


class SourceSequences:
    """Enters and examines the numbers of sources. Records that carry a number enter it by themselves."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, source: str, numbers: Iterable[SequenceNumber]) -> None:
        """Enter numbers that did not come with a record, for example those of events."""
        now = datetime.now(UTC)
        rows = [{"source": source, "epoch": n.epoch, "number": n.number, "seen_at": now} for n in numbers]
        if rows:
            with self._database.transaction() as connection:
                # Rows come back, and so SQLAlchemy sends all of them in one statement.
                connection.execute(insert(source_sequence).returning(source_sequence.c.number), rows).all()

    def completeness(self, source: str | None = None) -> list[Completeness]:
        """Every count of every source, or of one."""
        totals = select(source_completeness).order_by(source_completeness.c.source, source_completeness.c.epoch)
        gaps = select(source_gap).order_by(source_gap.c.from_number)
        if source is not None:
            totals = totals.where(source_completeness.c.source == source)
            gaps = gaps.where(source_gap.c.source == source)
        with self._database.connect() as connection:
            spans: dict[tuple[str, str], list[NumberSpan]] = {}
            for row in connection.execute(gaps):
                spans.setdefault((row.source, row.epoch), []).append(NumberSpan(row.from_number, row.to_number))
            return [
                Completeness(**row, gaps=tuple(spans.get((row["source"], row["epoch"]), ())))
                for row in connection.execute(totals).mappings()
            ]
