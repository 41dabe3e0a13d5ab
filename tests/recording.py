"""Opening the parts between an edge and the tables, and a writer that a test can hold back."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from usage_service.record import UsageRecord
from usage_service.record_ids import new_record_ids
from usage_service.recorder import Recorder
from usage_service.store.database import Database
from usage_service.store.records import RecordFilter, Records, StoredRecord
from usage_service.store.writing import Outcome, RecordWriter

HOST = "usage-1"


def no_remarks(_record: UsageRecord) -> tuple[str, ...]:
    """An inspection that finds nothing unusual."""
    return ()


def open_writer(database: Database) -> RecordWriter:
    """A writer as the service has it."""
    return RecordWriter(database, host=HOST, issue_ids=new_record_ids)


def stored_records(database: Database) -> list[StoredRecord]:
    """Everything in the tables, in the order of receipt."""
    return Records(database).find(RecordFilter(), limit=1_000_000)


class HeldWriter:
    """The real writer behind a gate: groups wait while it is held, and their sizes are noted."""

    def __init__(self, writer: RecordWriter) -> None:
        self._writer = writer
        self._gate = threading.Event()
        self.waiting = threading.Event()
        self.groups: list[int] = []
        self.release = self._gate.set

    def write(self, records: Sequence[UsageRecord]) -> list[Outcome]:
        self.groups.append(len(records))
        self.waiting.set()
        self._gate.wait(30)
        return self._writer.write(records)

    def close(self) -> None:
        self._writer.close()


@contextmanager
def recording(writer: RecordWriter | HeldWriter, **options: int) -> Iterator[Recorder]:
    """A recorder, closed afterwards."""
    recorder = Recorder(writer, inspect=no_remarks, **options)
    try:
        yield recorder
    finally:
        if isinstance(writer, HeldWriter):
            writer.release()
        recorder.close()
