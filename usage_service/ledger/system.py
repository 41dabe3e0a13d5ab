"""The wiring of the store and the recorder: what every way in writes through.

The wiring of retention: how long each kind of row is kept, by the settings.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from usage_service import catalog, record_ids
from usage_service.database.database import Database, open_database
from usage_service.database.schema import require_schema, upgrade_schema
from usage_service.errors import ConfigurationError
from usage_service.ledger.adjustments import Adjustments
from usage_service.ledger.commit_queue import BlockingWriter, CommitQueue, GroupWriter, ThreadWriter
from usage_service.ledger.loop_writing import LoopWriter
from usage_service.ledger.periods import Periods
from usage_service.ledger.rejects import Rejects
from usage_service.ledger.retention import Removal, Retention
from usage_service.ledger.store_state import StoreState
from usage_service.ledger.writing import IssueIds, RecordWriter
from usage_service.settings import Settings


def open_store(settings: Settings) -> Database:
    """The database, with a schema that fits: SQLite files are brought up to date, servers only checked."""
    database = open_database(settings.database)
    if database.dialect == "sqlite":
        upgrade_schema(database)
    else:
        require_schema(database)
    return database


def load_catalog(settings: Settings, of_systems: Iterable[Path]) -> catalog.Catalog:
    """The event catalog with the files of optional systems and the operator's own additions."""
    return catalog.load(Path(settings.catalog_folder) if settings.catalog_folder else None, of_systems=of_systems)


def issue_ids(settings: Settings) -> IssueIds:
    """How record ids are made."""
    numeric = settings.response_child_type == "long"
    return record_ids.new_numeric_record_ids if numeric else record_ids.new_record_ids


def open_adjustments(settings: Settings, database: Database) -> Adjustments:
    """What voids and corrects records of this database."""
    return Adjustments(database, host=settings.host, issue_id=lambda: issue_ids(settings)(1)[0])


def open_periods(settings: Settings, database: Database) -> Periods:
    """What closes and reopens periods of this database."""
    return Periods(database, issue_id=lambda: issue_ids(settings)(1)[0])


def open_commit_queue(settings: Settings, database: Database, of_systems: Iterable[Path]) -> CommitQueue:
    """A commit queue for a program without an event loop: open, on a thread of its own. Close it.

    Records are held against the event catalog with the files of these systems.
    """
    queue = _commit_queue(settings, BlockingWriter(_record_writer(settings, database)), of_systems)
    queue.start()
    return queue


def worker_commit_queue(
    settings: Settings, database: Database, of_systems: Iterable[Path], state: StoreState
) -> CommitQueue:
    """The commit queue of a worker, to be opened on its event loop; `state` follows what becomes of its groups.

    PostgreSQL's groups are written by the loop itself; SQLite has nothing that a loop could wait for: its groups go to
    one thread.
    """
    if database.dialect == "sqlite":
        return _commit_queue(settings, ThreadWriter(_record_writer(settings, database)), of_systems, state)
    writer = LoopWriter(database, host=settings.host, issue_ids=issue_ids(settings))
    return _commit_queue(settings, writer, of_systems, state)


def _record_writer(settings: Settings, database: Database) -> RecordWriter:
    return RecordWriter(database, host=settings.host, issue_ids=issue_ids(settings))


def _commit_queue(
    settings: Settings, writer: GroupWriter, of_systems: Iterable[Path], state: StoreState | None = None
) -> CommitQueue:
    gate = catalog.Gate(
        load_catalog(settings, of_systems),
        {service: catalog.Mode(mode) for service, mode in settings.catalog_by_service.items()},
        catalog.Mode(settings.catalog),
    )
    return CommitQueue(
        writer,
        inspect=gate.admit,
        once_by_content=settings.once_by_content,
        queue_limit=settings.queue_limit,
        group_limit=settings.group_limit,
        written=state.written if state else None,
    )


def open_rejects(settings: Settings, database: Database) -> Rejects:
    """What keeps and finds rejects of this database."""
    return Rejects(database, issue_ids=issue_ids(settings), body_limit=settings.reject_body_bytes)


class Run(NamedTuple):
    """One kind of row, and the run that removes what is too old of it."""

    what: str
    before: datetime
    steps: Iterator[Removal]  # one for each transaction


def retention_runs(
    settings: Settings, database: Database, now: datetime, *, dry: bool, open_periods: bool
) -> list[Run]:
    """A run for each kind of row that is not kept for ever. Nothing runs before its first step is asked for.

    Records go before keys, which may be kept for their sake. Raises `ConfigurationError` for days that are none.
    """
    retention = Retention(database=database, dry=dry)
    kinds: list[tuple[str, int, Callable[[datetime], Iterator[Removal]]]] = [
        ("records", settings.keep_records_days, partial(retention.records, open_periods=open_periods)),
        ("keys", settings.keep_keys_days, retention.keys),
        ("replayed rejects", settings.keep_rejects_days, partial(retention.rejects, replayed=True)),
        ("open rejects", settings.keep_open_rejects_days, partial(retention.rejects, replayed=False)),
    ]
    limits = [(what, _before(what, now, days), run) for what, days, run in kinds if days]
    return [Run(what, before, run(before)) for what, before, run in limits]


def _before(what: str, now: datetime, days: int) -> datetime:
    try:
        if days > 0:
            return now - timedelta(days=days)
    except OverflowError:
        pass
    raise ConfigurationError(f"{what} cannot be kept for {days} days")
