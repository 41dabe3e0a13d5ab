"""Looking into a spool without changing it, also while others write and drain."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from usage_service.client.spool_line import SpooledRecord, spooled_record
from usage_service.client.spool_segment import Segment, segments
from usage_service.errors import CallerError


@dataclass(frozen=True, slots=True)
class WaitingRecord:
    """A line of the spool: a record, or why it is none."""

    spooled: SpooledRecord | None
    problem: str = ""


def waiting(folder: Path) -> Iterator[WaitingRecord]:
    """What waits, oldest first."""
    for line in export(folder):
        try:
            yield WaitingRecord(spooled_record(line))
        except CallerError as error:
            yield WaitingRecord(None, str(error))


def export(folder: Path) -> Iterator[bytes]:
    """The lines that wait, as they are."""
    for path in segments(folder):
        try:
            segment = Segment(path)
        except FileNotFoundError:  # drained meanwhile
            continue
        with closing(segment):
            while (line := segment.head()) is not None:
                yield line
                segment.position += len(line)
